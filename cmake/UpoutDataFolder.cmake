# Where the suite's own files are: UPOUT_DATA_FOLDER, below the prefix of an installation. platform/data_folder.h looks for it above a
# program's own folder; that of a build tree holds links to the sources.
include(GNUInstallDirs)
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  message(FATAL_ERROR "CMAKE_INSTALL_DATADIR: found ${CMAKE_INSTALL_DATADIR}, expected a folder below the prefix, such as share: an "
                      "installation can be moved")
endif()
set(UPOUT_DATA_FOLDER ${CMAKE_INSTALL_DATADIR}/upout)

# upout_data(SOURCE NAME): the files of a folder of the sources are those of UPOUT_DATA_FOLDER/NAME.
function(upout_data source name)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/${UPOUT_DATA_FOLDER})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${source} ${CMAKE_BINARY_DIR}/${UPOUT_DATA_FOLDER}/${name} SYMBOLIC)
  install(DIRECTORY ${source}/ DESTINATION ${UPOUT_DATA_FOLDER}/${name} COMPONENT runtime)
endfunction()

upout_data(benchmarks/plans plans)
upout_data(benchmarks/prices prices)
upout_data(results/published published)
upout_data(results/schema schema)
