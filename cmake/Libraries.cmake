# Others' libraries, each behind one door of ours: cJSON behind core/json, libcap
# behind probe/caps, libcurl behind agent/http, zlib behind checks/input/envelope,
# libseccomp behind probe/trace/calls. uthash is a header and has none.
find_package(PkgConfig REQUIRED)

# One binary that depends on nothing: the libraries of cmake/deps.sh, and musl. A
# static PIE, so that its addresses are random (it costs 20 KB). musl-gcc has no
# -static-pie: its own start file expects a loader; rcrt1.o relocates by itself. What
# crtbegin and crtend add (C++, unwinding) is not needed.
if(TASKPROBE_STATIC)
    if(NOT EXISTS ${TASKPROBE_DEPS}/stamp)
        message(FATAL_ERROR "${TASKPROBE_DEPS} has no libraries yet: "
            "run cmake/deps.sh trixie ${TASKPROBE_DEPS}")
    endif()
    set(ENV{PKG_CONFIG_LIBDIR} ${TASKPROBE_DEPS}/lib/pkgconfig)
    set(PKG_CONFIG_EXECUTABLE ${PKG_CONFIG_EXECUTABLE} --static)
    set(musl)
    foreach(name rcrt1.o crti.o crtn.o)
        find_file(MUSL_${name} ${name} NO_DEFAULT_PATH REQUIRED
            PATHS /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-musl)
        list(APPEND musl ${MUSL_${name}})
    endforeach()
    # musl-gcc does not look into /usr/include, where linux/openat2.h is.
    target_compile_options(taskprobe_flags INTERFACE
        -fPIE -fstack-protector-strong -fno-asynchronous-unwind-tables
        -idirafter ${TASKPROBE_DEPS}/kernel)
    target_link_options(taskprobe_flags INTERFACE
        -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,-s ${musl})
endif()

pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(LIBCAP REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp)

add_library(uthash INTERFACE)
if(TASKPROBE_STATIC)
    find_path(UTHASH_INCLUDE uthash.h REQUIRED NO_DEFAULT_PATH PATHS ${TASKPROBE_DEPS}/include)
else()
    find_path(UTHASH_INCLUDE uthash.h REQUIRED)
endif()
target_include_directories(uthash SYSTEM INTERFACE ${UTHASH_INCLUDE})
