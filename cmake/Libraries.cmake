# Others' libraries, each behind one door of ours: cJSON behind core/json, libcap
# behind probe/caps, libcurl behind agent/http, zlib behind checks/input/envelope.
find_package(PkgConfig REQUIRED)
if(TASKPROBE_STATIC)
    set(ENV{PKG_CONFIG_LIBDIR} ${TASKPROBE_DEPS}/lib/pkgconfig)
    set(PKG_CONFIG_EXECUTABLE ${PKG_CONFIG_EXECUTABLE} --static)
endif()
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(LIBCAP REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
