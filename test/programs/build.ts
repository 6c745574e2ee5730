/** A project in C: configured, compiled by two jobs, linked, tested and installed; make trusts the order of times. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

export function buildTests(place: Place): void {
  it('a C project is configured, built, tested and installed', async () => {
    need('gcc', 'make', 'ar');
    const out = await place().run(`
fails() { if "$@"; then return 1; fi; }
cp -r "$PROJECT" project
mkdir build
cd build
../project/configure --prefix="$PWD/../installed" > configure.out
make -j2 > make.out
make check > check.out
tail -2 check.out
make -q
make install > install.out
printf 'to be or not to be\\n' | ../installed/bin/words

touch ../project/src/crc.c
fails make -q
make > make.out
grep -c -- '-o crc.o' make.out
fails grep -e '-o words.o' make.out
make -q
gcc -E ../project/src/main.c -I . -I ../project/include -MD -MF main.d -o /dev/null
gcc -flto -O2 -I . -I ../project/include ../project/src/*.c -o whole
printf 'be\\n' | ./whole
make distclean
ls`);
    expect(out.trim().split('\n')).toEqual([
      'crc: passed',
      'words: passed',
      '4 different words, 6 in all, crc dae262a5',
      '1',
      '1 different words, 1 in all, crc 00000000',
      'main.d',
      'whole',
    ]);
  });
}
