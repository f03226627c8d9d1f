# upout_embed(TARGET HEADER header NAMESPACE namespace TEXTS symbol=file...)
# Makes the text of each file a `const std::string_view NAMESPACE::SYMBOL` of the target. The header declares the
# symbols, so that a wrong name does not link. A text is embedded anew when its file changes.
#
# The same file is the script that writes the .cpp at build time (cmake -DINPUT= -DOUTPUT= ... -P Embed.cmake).
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" text)
  set(delimiter "upout_embed")
  string(FIND "${text}" ")${delimiter}\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${INPUT}: holds the delimiter of the raw string that it is to be embedded in")
  endif()
  file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\n"
                         "const std::string_view ${SYMBOL} = R\"${delimiter}(${text})${delimiter}\";\n\n"
                         "}  // namespace ${NAMESPACE}\n")
  return()
endif()

set(UPOUT_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(upout_embed target)
  cmake_parse_arguments(EMBED "" "HEADER;NAMESPACE" "TEXTS" ${ARGN})
  foreach(text IN LISTS EMBED_TEXTS)
    string(REGEX MATCH "^([^=]+)=(.+)$" matched "${text}")
    set(symbol ${CMAKE_MATCH_1})
    get_filename_component(input "${CMAKE_MATCH_2}" ABSOLUTE)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DHEADER=${EMBED_HEADER}
              -DNAMESPACE=${EMBED_NAMESPACE} -DSYMBOL=${symbol} -P ${UPOUT_EMBED_SCRIPT}
      DEPENDS ${input} ${UPOUT_EMBED_SCRIPT}
      COMMENT "Embedding ${symbol}"
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endforeach()
endfunction()
