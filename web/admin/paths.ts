/** Bodies as trees: reading and replacing one place, comparing, and bringing two people's work together. */
import type { Body, Json } from './api';

export type Path = readonly (string | number)[];

const isTree = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function at(tree: Json | undefined, path: Path): Json | undefined {
  let here: Json | undefined = tree;
  for (const step of path) {
    if (Array.isArray(here)) here = here[Number(step)];
    else if (isTree(here)) here = here[String(step)];
    else return undefined;
  }
  return here;
}

/** The tree with one place replaced; what is missing on the way is made. */
export function put<T extends Json>(tree: T, path: Path, value: Json): T {
  const [head, ...rest] = path;
  if (head === undefined) return value as T;
  if (Array.isArray(tree)) {
    const list = tree.slice();
    list[Number(head)] = put(list[Number(head)] ?? {}, rest, value);
    return list as T;
  }
  const made: Record<string, Json> = isTree(tree) ? tree : {};
  return { ...made, [head]: put(made[String(head)] ?? (typeof rest[0] === 'number' ? [] : {}), rest, value) } as T;
}

/** Whether two trees say the same; an absent key is the same as null. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => same(x, b[i]));
  if (isTree(a) && isTree(b)) return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((k) => same(a[k], b[k]));
  return false;
}

export interface Clash { path: Path; base: Json | undefined; theirs: Json | undefined; mine: Json | undefined }

/** What both sides changed, put together; where they changed the same place differently, mine stands and
 *  the place is a clash. Lists are taken as a whole unless all three have the same length. */
export function threeWay(base: Json | undefined, theirs: Json | undefined, mine: Json | undefined, path: Path = []): { merged: Json; clashes: Clash[] } {
  const done = (value: Json | undefined): { merged: Json; clashes: Clash[] } => ({ merged: value ?? null, clashes: [] });
  if (same(theirs, mine) || same(base, theirs)) return done(mine);
  if (same(base, mine)) return done(theirs);
  const clashes: Clash[] = [];
  const inside = (key: string | number): Json => {
    const part = threeWay(at(base, [key]), at(theirs, [key]), at(mine, [key]), [...path, key]);
    clashes.push(...part.clashes);
    return part.merged;
  };
  if (isTree(theirs) && isTree(mine)) {
    const merged: Body = {};
    for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) merged[key] = inside(key);
    return { merged, clashes };
  }
  if (Array.isArray(base) && Array.isArray(theirs) && Array.isArray(mine) && base.length === theirs.length && base.length === mine.length) {
    return { merged: mine.map((_, i) => inside(i)), clashes };
  }
  return { merged: mine ?? null, clashes: [{ path, base, theirs, mine }] };
}

export const dotted = (path: Path): string => path.join('.');

/** Where two strings differ: what they share before and after, and the two middles. */
export function middle(a: string, b: string): { before: string; old: string; now: string; after: string } {
  const x = [...a], y = [...b];
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head += 1;
  // Never in the middle of a word or a number.
  const joined = (s: string[], i: number): boolean => /[\p{Script=Latin}\d]/u.test(s[i - 1] ?? '') && /[\p{Script=Latin}\d]/u.test(s[i] ?? '');
  while (head > 0 && (joined(x, head) || joined(y, head))) head -= 1;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail += 1;
  while (tail > 0 && (joined(x, x.length - tail) || joined(y, y.length - tail))) tail -= 1;
  const cut = (s: string[]): string => s.slice(head, s.length - tail).join('');
  return { before: x.slice(0, head).join(''), old: cut(x), now: cut(y), after: tail ? x.slice(x.length - tail).join('') : '' };
}

/** Where in the record `key` a finding is, in dots; empty where it is about another one, or about all of it. */
export function pathOf(finding: { where: string; path?: string }, key: string): string {
  if (finding.path !== undefined) return finding.path;
  const [code, ...rest] = finding.where.split(' ');
  return code?.toUpperCase() === key.toUpperCase() ? rest.join(' ').replace(/\[([^\]]*)\]/g, '.$1').replace(/^\./, '') : '';
}

/** The field a finding is about: entries named by their id become their place, and what a city takes over
 *  from both cities leads to where it is written. As far as there is such a field. */
export function fieldOf(body: Json, where: string): Path {
  let steps: (string | number)[] = where.split('.').filter(Boolean);
  if (steps[0] === 'cities' && steps.length > 2) {
    const own = at(body, steps.slice(0, 3)), common = at(body, ['common', steps[2] as string]);
    const empty = !own || (Array.isArray(own) && own.length === 0);
    if (empty && common && (!Array.isArray(common) || common.length > 0)) steps = ['common', ...steps.slice(2)];
  }
  const path: (string | number)[] = [];
  for (const step of steps) {
    const here = at(body, path);
    if (Array.isArray(here)) {
      const n = /^\d+$/.test(String(step)) ? Number(step) : here.findIndex((e) => isTree(e) && [e.id, e.number, e.item].includes(String(step)));
      if (n < 0 || n >= here.length) return path;
      path.push(n);
    } else path.push(step);
  }
  return path;
}
