# What `cmake --install` puts where (docs/installing.md), and cpack into a Debian package. What tunes or tries out upout itself, such as
# upout-micro, stays in the build tree. The suite's own files are in UpoutDataFolder.cmake.
install(TARGETS upout upout-baseline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)

# The programs write their manual pages themselves, so that these say what the programs can do. (What is instrumented is not installed.)
if(NOT UPOUT_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  foreach(program upout upout-baseline)
    set(page ${CMAKE_BINARY_DIR}/share/man/man1/${program}.1)
    add_custom_command(OUTPUT ${page} COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share/man/man1
                       COMMAND ${program} --man > ${page} DEPENDS ${program} COMMENT "Manual page of ${program}" VERBATIM)
    list(APPEND pages ${page})
  endforeach()
  add_custom_target(manual_pages ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
endif()

# A shell looks for a program's completion under the program's name.
foreach(program upout upout-baseline)
  install(FILES contrib/completion/upout.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program}
          COMPONENT runtime)
  install(FILES contrib/completion/upout.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME ${program}.fish
          COMPONENT runtime)
endforeach()
install(FILES contrib/completion/_upout DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT runtime)

# The modulefile finds its prefix from where it is.
install(FILES contrib/modulefiles/upout DESTINATION ${CMAKE_INSTALL_DATADIR}/modulefiles/upout RENAME ${PROJECT_VERSION} COMPONENT runtime)

install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(FILES contrib/reframe/upout.py DESTINATION ${CMAKE_INSTALL_DOCDIR}/contrib/reframe COMPONENT documentation)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR upout)
set(CPACK_PACKAGE_CONTACT "upout developers <upout@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Benchmark of scaling up against scaling out")
set(CPACK_PACKAGE_DESCRIPTION
    "upout runs one storage kernel two ways, as a multithreaded shared-memory\nengine and as shared-nothing MPI ranks, and measures throughput and latency of\nthe same workload in both. It checks that every record is there and is right.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What starts ranks, and what puts threads on NUMA nodes, which oneTBB loads where it is there.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin, libtbbbind-2-5")
include(CPack)
