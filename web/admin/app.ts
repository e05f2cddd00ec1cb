/** Who is at this page, where he is in it, and the record that is open. */
import { computed, effect, signal } from '@preact/signals';
import type { Agent } from '../lib/types';
import { ApiError, logout, me } from '../staff/http';
import * as api from './api';
import type { Filters, Kind, Overview } from './api';
import { blankBody } from './schema';
import { asking, kept, said, unsaved, Work } from './work';

export type Session = 'checking' | 'unreachable' | 'out' | 'stranger' | 'in';
export type View = 'list' | 'review' | 'publish' | 'versions' | 'todo' | 'learn' | 'imports' | 'check' | 'audit';
export const VIEWS: readonly View[] = ['list', 'review', 'publish', 'versions', 'todo', 'learn', 'imports', 'check', 'audit'];
export type Side = 'preview' | 'changes' | 'cities' | 'history' | 'tasks';
export type Pane = 'list' | 'edit' | 'side';
export type Sheet = 'help' | 'settings' | 'logout' | 'discard' | 'withdraw' | 'new' | null;

export const session = signal<Session>('checking');
/** Counts sign-ins: what could not be had before is asked for again. */
export const entered = signal(0);
export const overview = signal<Overview | null>(null);
export const sheet = signal<Sheet>(null);
export const view = signal<View>('list');
/** What the view shows one of: a draft in review, a record of the province. */
export const detail = signal<string | null>(null);
export const pane = signal<Pane>('list');
export const side = signal<Side>('preview');
export const section = signal('basic');
export const wide = signal(false);
export const work = signal<Work | null>(null);
export const opening = signal<string | null>(null);
export const openProblem = signal('');
export const filters = signal<Filters>({ q: '', kind: 'item', domain: '', city: '', status: '', stale: '', draft: '', tasks: '' });
/** Counts up when the list may have changed. */
export const round = signal(0);
export const offline = signal(typeof navigator !== 'undefined' && !navigator.onLine);
export const editor = computed<Agent | null>(() => overview.value?.editor ?? null);
export const isAdmin = computed(() => !!editor.value?.roles.includes('admin'));

/** The session ended by itself: the page stays as it is and asks for the sign-in. */
export function ended(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 401) return false;
  work.peek()?.keep();
  asking.value = true;
  return true;
}

export async function begin(): Promise<void> {
  session.value = 'checking';
  try {
    await enter((await me()).agent);
  } catch (error) {
    session.value = error instanceof ApiError && error.status === 401 ? 'out' : 'unreachable';
  }
}

export async function enter(who: Agent): Promise<void> {
  if (!who.roles.includes('list_editor') && !who.roles.includes('admin')) {
    session.value = 'stranger';
    asking.value = false;
    return;
  }
  const before = overview.peek()?.editor.id;
  overview.value = await api.overview();
  if (before && before !== who.id) shut();
  asking.value = false;
  session.value = 'in';
  entered.value += 1;
  void work.peek()?.tryNow();
  follow();
}

/** Closes the record; what is not saved stays on this device. */
export function shut(): void {
  work.peek()?.close();
  work.value = null;
}

export async function refresh(): Promise<void> {
  round.value += 1;
  try {
    overview.value = await api.overview();
  } catch (error) {
    ended(error);
  }
}

effect(() => { if (kept.value) setTimeout(() => void refresh()); });

export async function signOut(): Promise<void> {
  work.peek()?.keep();
  try {
    await logout();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  shut();
  overview.value = null;
  sheet.value = null;
  api.expired.value = asking.value = false;
  session.value = 'out';
}

// ------------------------------------------------------------------ where

export const hrefOf = (to: View, ...more: string[]): string => `#/${[to, ...more.map(encodeURIComponent)].join('/')}`;

export function go(to: View, ...more: string[]): void {
  const href = hrefOf(to, ...more);
  if (location.hash === href) follow();
  else location.hash = href;
}

/** Shows what the address names. */
export function follow(): void {
  if (session.peek() !== 'in') return;
  const [name, ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent);
  const next = VIEWS.find((v) => v === name) ?? 'list';
  view.value = next;
  detail.value = next === 'list' ? null : (rest[0] ?? null);
  if (next !== 'list') return;
  const [kind, key] = rest;
  if (kind && key) void open(kind as Kind, key);
  else pane.value = 'list';
}

let latest = 0;

export async function open(kind: Kind, key: string, again = false): Promise<void> {
  const now = work.peek();
  if (!again && now && now.kind === kind && now.key === key) {
    pane.value = 'edit';
    return;
  }
  const mine = (latest += 1);
  now?.close();
  opening.value = key;
  openProblem.value = '';
  pane.value = 'edit';
  try {
    const shown = await api.record(kind, key);
    if (mine !== latest) return;
    show(new Work(shown, user()), kind);
  } catch (error) {
    if (mine !== latest || ended(error)) return;
    if (error instanceof ApiError && error.status === 404 && unsaved(user()).some((line) => line.kind === kind && line.key === key)) show(fresh(kind, key), kind);
    else {
      work.value = null;
      openProblem.value = said(error);
    }
  }
  if (mine === latest) opening.value = null;
}

function show(made: Work, kind: Kind): void {
  const before = work.peek();
  work.value = made;
  if (before?.kind !== kind) section.value = kind === 'item' ? 'basic' : 'record';
}

const user = (): string => overview.peek()?.editor.id ?? '';

/** A record that is not in the list, with what was written of it on this device. */
function fresh(kind: Kind, key: string): Work {
  const may = { edit: true, submit: false, review: false, discard: false, publish: false };
  return new Work({ kind, key, name: { zh: key, en: key }, revision: null, body: null, draft: null, may, tasks: [] }, user(), blankBody(kind, key));
}

/** Begins a record that is not in the list; nothing is sent until it is saved. */
export function create(kind: Kind, key: string): void {
  shut();
  latest += 1;
  opening.value = null;
  openProblem.value = '';
  show(fresh(kind, key), kind);
  go('list', kind, key);
}

/** Opens the record anew, after something was done to it. */
export async function reopen(): Promise<void> {
  const now = work.peek();
  void refresh();
  if (now) await open(now.kind, now.key, true);
}
