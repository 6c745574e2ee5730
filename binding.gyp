{
  "target_defaults": {
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": [
      "NAPI_VERSION=8",
      "NAPI_CPP_EXCEPTIONS",
      "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
      "NODE_ADDON_API_DISABLE_DEPRECATED",
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      "OPENSSL_API_COMPAT=30000",
      "OPENSSL_NO_DEPRECATED"
    ],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20", "-O3"],
    "cflags_cc": [
      "-std=c++17",
      "-O2",
      "-U_FORTIFY_SOURCE",
      "-D_FORTIFY_SOURCE=2",
      "-fstack-protector-strong",
      "-fvisibility=hidden",
      "-fPIC",
      "-Wall",
      "-Wextra",
      "-Wconversion",
      "-Wno-sign-conversion",
      "-Wno-missing-field-initializers",
      "-Werror"
    ],
    "ldflags": ["-Wl,-z,relro,-z,now,-z,noexecstack"]
  },
  "targets": [
    {
      "target_name": "sherin_native",
      "sources": [
        "<!@(node setup/steps/unity.mjs native ! native/ipc native/fuse2 native/fuzz native/checks)"
      ],
      "cflags_cc": ["<!@(pkg-config --cflags tss2-esys tss2-tctildr tss2-rc tss2-mu fuse3)"],
      "libraries": ["<!@(pkg-config --libs tss2-esys tss2-tctildr tss2-rc tss2-mu fuse3)"]
    },
    {
      "target_name": "sherin_ipc",
      "sources": ["<!@(node setup/steps/unity.mjs native/ipc)"]
    },
    {
      "target_name": "sherin_fuse2",
      "sources": ["<!@(node setup/steps/unity.mjs native/fuse2)"]
    }
  ]
}
