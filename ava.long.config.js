import integration from './ava.integration.config.js';

// Fault sweeps: hours. Run in full before a release, not by `npm test`.
export default { ...integration, files: ['test/long/**/*.test.ts'], timeout: '60m' };
