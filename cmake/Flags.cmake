# One interface target that every target of ours links: no global CMAKE_C_FLAGS.
include(CheckCCompilerFlag)

add_library(taskprobe_flags INTERFACE)
target_compile_definitions(taskprobe_flags INTERFACE _GNU_SOURCE TASKPROBE_VERSION="${PROJECT_VERSION}")
target_include_directories(taskprobe_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(taskprobe_flags INTERFACE -include ${PROJECT_SOURCE_DIR}/core/banned.h)

foreach(flag
        -Wall -Wextra -Wshadow -Wvla -Wundef -Wwrite-strings -Wcast-qual
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
        -Wpointer-arith -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough
        -Wlogical-op -Wduplicated-cond -ffunction-sections -fdata-sections)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        target_compile_options(taskprobe_flags INTERFACE ${flag})
    endif()
endforeach()
target_link_options(taskprobe_flags INTERFACE -Wl,--gc-sections)

if(TASKPROBE_WERROR)
    target_compile_options(taskprobe_flags INTERFACE -Werror)
endif()
if(TASKPROBE_SANITIZE)
    target_compile_options(taskprobe_flags INTERFACE
        -fsanitize=${TASKPROBE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(taskprobe_flags INTERFACE -fsanitize=${TASKPROBE_SANITIZE})
endif()
if(TASKPROBE_COVERAGE)
    target_compile_options(taskprobe_flags INTERFACE --coverage)
    target_link_options(taskprobe_flags INTERFACE --coverage)
endif()
if(TASKPROBE_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "TASKPROBE_FUZZ needs clang")
    endif()
    target_compile_options(taskprobe_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
