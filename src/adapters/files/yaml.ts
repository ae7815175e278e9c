// Loaded with `await import` of this file: a bundled CommonJS package that is imported dynamically by itself has no named
// exports (esbuild 0.28), and yaml costs 20 ms that most commands need not pay.
export { isMap, isScalar, LineCounter, parse, parseDocument, stringify } from 'yaml';
