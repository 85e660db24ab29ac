import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// Leaves each text beside itself as .gz and .br: the server sends what is there and compresses nothing itself.
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const folder = join(import.meta.dirname, 'dist');
      for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|html|svg)$/.test(entry)) continue;
        const content = readFileSync(join(folder, entry));
        writeFileSync(join(folder, `${entry}.gz`), gzipSync(content, { level: 9 }));
        writeFileSync(join(folder, `${entry}.br`), brotliCompressSync(content));
      }
    },
  };
}

export default defineConfig({
  plugins: [compressed()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy allows no data: address
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run dev` shows the app from its source, on top of a running `make run`.
  server: { proxy: { '/v1': process.env.TRAIND_URL ?? 'http://localhost:8080' } },
  test: {
    projects: [
      { extends: true, test: { name: 'logic', include: ['src/**/*.test.ts'], environment: 'node' } },
      {
        extends: true,
        test: {
          name: 'browser', include: ['browser/**/*.test.ts'], environment: 'node',
          fileParallelism: false, testTimeout: 180_000, hookTimeout: 60_000,
        },
      },
    ],
  },
});
