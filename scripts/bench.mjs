// Runs the bench, which is TypeScript under bench/ and built with everything else.
import { fail } from './says.mjs';

const { main } = await import('../dist/bench/main.js');

process.exitCode = await main(process.argv.slice(2)).catch((error) => fail(error.message, 1));
