// Unit tests: no engine, no network beyond 127.0.0.1, no sleep.
export default {
  files: ['test/unit/**/*.test.ts'],
  typescript: { compile: false, rewritePaths: { 'src/': 'dist/src/', 'test/': 'dist/test/' } },
  environmentVariables: { NO_COLOR: '1', TZ: 'UTC' },
  nodeArguments: ['--enable-source-maps'],
  // Nothing takes a second alone; on a busy machine the default of 10 s has been too short.
  timeout: '60s',
};
