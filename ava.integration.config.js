import unit from './ava.config.js';

// On real engines: one file at a time, because they share the machine's memory; `npm test` runs it for up to three files at once.
export default { ...unit, files: ['test/integration/**/*.test.ts'], concurrency: 1, serial: true, timeout: '15m' };
