/**
 * The parts of docker-compose that we use. The package is CommonJS: bundled, its dynamic import has no named exports, while
 * this file's has. Imported dynamically, because only what starts containers needs it.
 */
export { config, upMany, upOne } from 'docker-compose';
