/**
 * Build of the pages. Every `*.html` beside this file is a page; what they share lies in `lib/`.
 * Output: `dist/<page>.html` and hashed files under `dist/assets/`, safe under `default-src 'self'`.
 */
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const pages = Object.fromEntries(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.html'))
    .map((file) => [file.replace(/\.html$/, ''), `${import.meta.dirname}/${file}`]),
);

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // A data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: pages,
      // What the pages share is one file: cut finer, it would compress worse and cost residents more.
      output: { codeSplitting: { groups: [{ name: 'cards', test: /[\\/](lib|node_modules)[\\/]/, minShareCount: 2 }] } },
    },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}', 'desk/**/*.test.{ts,tsx}'] },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/auth': 'http://127.0.0.1:8080',
      '/ws': { target: 'ws://127.0.0.1:8080', ws: true },
    },
  },
});
