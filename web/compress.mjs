/** Gzip neighbours of what was built: the gateway serves them to browsers that take gzip. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = `${import.meta.dirname}/dist`;
for (const folder of [dist, `${dist}/assets`]) {
  for (const file of readdirSync(folder)) {
    if (!/\.(js|css|html|svg)$/.test(file)) continue;
    writeFileSync(`${folder}/${file}.gz`, gzipSync(readFileSync(`${folder}/${file}`), { level: 9 }));
  }
}
