#pragma once

/** Whether a string is UTF-8 as JavaScript reads it: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
bool IsUtf8(const char* text);
