/** The list desk's HTTP calls and what travels. An error is always an `ApiError`. */
import { signal } from '@preact/signals';
import { lang } from '../lib/prefs';
import type { Agent, AnswerCard, City, Facet, Lang, LocalText, Status } from '../lib/types';
import { ApiError, call } from '../staff/http';

export { ApiError } from '../staff/http';

export type Kind = 'item' | 'source' | 'centre' | 'bundle' | 'liaison' | 'door_offer' | 'outside';
export const KINDS: readonly Kind[] = ['item', 'source', 'centre', 'bundle', 'liaison', 'door_offer', 'outside'];
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Body = { [key: string]: Json };
export interface Person { id: string; name: string }
export interface Change { path: string; label: LocalText; old: Json; new: Json }
export interface Finding { level: 'error' | 'warning'; where: string; path: string; problem: string }
export type DraftState = 'editing' | 'in_review' | 'approved' | 'published' | 'discarded';

export interface Draft {
  id: string; kind: Kind; key: string; name: LocalText; state: DraftState; version: number;
  base: number | null; current: number | null; stale: boolean; withdraw: boolean; body: Body | null;
  authors: Person[]; opened_at: string; updated_by: Person; updated_at: string; why: string;
  reviewer: Person | null; scheduled_in: number | null; published_in: number | null;
}

export interface May { edit: boolean; submit: boolean; review: boolean; discard: boolean; publish: boolean }
export interface DraftShown { draft: Draft; changes: Change[]; findings: Finding[]; may: May }

export interface Brief {
  kind: Kind; key: string; name: LocalText; domain: string | null; cities: City[]; status: Status | null;
  as_of: string | null; next_review: string | null; stale: boolean; new: boolean; tasks: number;
  draft: { id: string; state: DraftState; withdraw: boolean; updated_by: Person; updated_at: string } | null;
}

export type TaskKind = 'outdated' | 'stale' | 'seed_conflict' | 'unanswered' | 'import' | 'publish';
export interface Task {
  id: string; kind: TaskKind; text: LocalText; state: 'open' | 'done'; count: number; opened_at: string; last_at: string;
  record: { kind: Kind; key: string } | null; note: string | null;
}

export interface Shown {
  kind: Kind; key: string; name: LocalText; revision: number | null; body: Body | null;
  draft: Draft | null; may: May; tasks: Task[];
}

export interface Overview {
  editor: Agent; list_version: string; number: number; counts: Record<Kind, number>;
  drafts: { editing: number; in_review: number; approved: number }; tasks: number;
  sources: { id: string; title: LocalText; kind: string }[];
}

export interface Version {
  number: number; state: 'scheduled' | 'published' | 'cancelled' | 'failed'; list_version: string | null; base: number | null;
  who: Person; why: string; made_at: string; effective_at: string | null; published_at: string | null; drafts: string[];
  changed: { kind: Kind; key: string }[]; rollback_of: number | null; problems: string[]; in_force: boolean;
}

export interface Revision {
  number: number; origin: string; who: Person; reviewer: Person | null; why: string; at: string; versions: number[];
  withdrawn: boolean; changes: Change[];
}

export interface RecordChange { kind: Kind; key: string; name: LocalText; what: 'added' | 'removed' | 'changed'; changes: Change[] }
export interface AuditRow { seq: number; at: string; who: Person; action: string; why: string; details: Record<string, Json>; hash: string }
export interface AuditReport { ok: boolean; entries: number; head: string; problems: string[] }
export interface Trial { cards: Record<Lang, AnswerCard> | null; findings: Finding[]; changes: Change[] }
export interface Imported {
  code: string; name: string; department: string; area_name?: LocalText | null; level: string; item: string | null; as_of?: string;
}
export interface ImportedFull extends Imported { body: Body; revisions?: { revision: number }[] }

export interface QuestionGroup { ids: string[]; text: string; lang: Lang; texts: string[]; asked: number; last_day: string; nearest: string[]; personal: string[] }
export type PairState = 'pending' | 'accepted' | 'rejected';
export interface Pair { id: string; text: string; lang: Lang; code: string; clicks: number; up: number; down: number; last_day: string; state: PairState; reviewed_by: string | null; why: string | null; standing: 'confirmed' | 'waiting' | 'gone' | null; personal: string[] }

export interface Filters {
  q: string; kind: Kind; domain: string; city: string; status: string; stale: string; draft: string; tasks: string;
}

/** The session has ended: the last answer was that nobody is signed in. */
export const expired = signal(false);

const ROOT = '/api/v1/admin';
const at = (...parts: string[]): string => [ROOT, ...parts.map(encodeURIComponent)].join('/');

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  try {
    const { data } = await call<T>(path, init);
    expired.value = false;
    return data;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) expired.value = true;
    throw error;
  }
}

async function get<T>(path: string, query: Record<string, string | number | null | undefined> = {}, signal?: AbortSignal): Promise<T> {
  const all: Record<string, string | number | null | undefined> = { lang: lang.peek(), ...query };
  const given = Object.entries(all).filter(([, v]) => v !== '' && v !== null && v !== undefined);
  return ask(`${path}?${new URLSearchParams(given.map(([k, v]) => [k, String(v)]))}`, { signal });
}

async function send<T>(method: 'POST' | 'PUT', path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return ask(path, { method, body: JSON.stringify(body), signal });
}

export const overview = (): Promise<Overview> => get(at('overview'));
export const records = (f: Filters, page: number, signal?: AbortSignal): Promise<{ items: Brief[]; total: number; page: number; page_size: number }> =>
  get(at('records'), { ...f, page, page_size: 60 }, signal);
/** Every service by its code, as far as it has been published. */
export const services = async (): Promise<Map<string, LocalText>> =>
  new Map((await get<{ items: Brief[] }>(at('records'), { kind: 'item', page_size: 200 })).items.map((line) => [line.key, line.name]));
export const record = (kind: Kind, key: string, signal?: AbortSignal): Promise<Shown> => get(at('records', kind, key), {}, signal);
export const history = (kind: Kind, key: string): Promise<{ revisions: Revision[] }> => get(at('records', kind, key, 'history'));
export const cities = (key: string, draft: string | null): Promise<{ changes: Change[] }> => get(at('records', 'item', key, 'cities'), { draft });
export const preview = (
  ask: { kind: Kind; key: string; body: Body; city: City | null; facet: Facet | null }, signal?: AbortSignal,
): Promise<Trial> => send('POST', at('preview'), ask, signal);

export const drafts = (state?: DraftState): Promise<{ drafts: Draft[] }> => get(at('drafts'), { state });
export const draft = (id: string): Promise<DraftShown> => get(at('drafts', id));
export const newDraft = (ask: { kind: Kind; key: string; why: string; body?: Body | null; withdraw?: boolean }): Promise<DraftShown> => send('POST', at('drafts'), ask);
export const saveDraft = (id: string, ask: { version: number; body: Body; why: string; rebase: boolean }): Promise<DraftShown> => send('PUT', at('drafts', id), ask);
export const step = (id: string, what: 'submit' | 'approve' | 'return' | 'discard', version: number, why: string): Promise<DraftShown> =>
  send('POST', at('drafts', id, what), { version, why });
export const threeWay = (id: string): Promise<{ base: Body | null; current: Body | null; draft: Body | null }> => get(at('drafts', id, 'three-way'));

export const versions = (): Promise<{ versions: Version[] }> => get(at('versions'));
export const publish = (ask: { drafts: string[]; why: string; effective_at: string | null }): Promise<{ version: Version }> => send('POST', at('versions'), ask);
export const versionDiff = (a: number, b: number): Promise<{ records: RecordChange[] }> => get(at('versions', String(a), 'diff'), { to: b });
export const onVersion = (n: number, what: 'rollback' | 'cancel', why: string): Promise<{ version: Version }> => send('POST', at('versions', String(n), what), { why });
export const withdrawNow = (kind: Kind, key: string, why: string): Promise<{ version: Version }> => send('POST', at('records', kind, key, 'withdraw'), { why });

export const audit = (after: number, limit: number): Promise<{ entries: AuditRow[] }> => get(at('audit'), { after, limit });
export const verifyAudit = (): Promise<AuditReport> => get(at('audit', 'verify'));
export const tasks = (state: 'open' | 'done'): Promise<{ tasks: Task[] }> => get(at('tasks'), { state });
export const closeTask = (id: string, note: string): Promise<{ task: Task }> => send('POST', at('tasks', id, 'close'), { note });
export const validate = (): Promise<{ findings: Finding[] }> => get(at('validate'));
export const imports = (q: string, flagged: string, page: number, signal?: AbortSignal): Promise<{ items: Imported[]; total: number; page: number }> =>
  get(at('imports'), { q, flagged, page }, signal);
export const imported = (code: string): Promise<ImportedFull> => get(at('imports', code));
export const flag = (codes: string[], domain: string, why: string): Promise<DraftShown> => send('POST', at('flag'), { codes, domain, why });

export const questions = (): Promise<{ groups: QuestionGroup[]; wordings: number }> => get(at('questions'));
export const settle = (ids: string[], state: 'used' | 'dismissed'): Promise<{ settled: number }> => send('POST', at('questions', 'settle'), { ids, state });
export const teach = (ask: { code: string; text: string; text_lang: Lang; ids: string[]; why: string; sure: boolean }): Promise<{ draft: Draft | null }> => send('POST', at('questions', 'wording'), ask);
export const pairs = (state: PairState): Promise<{ pairs: Pair[] }> => get(at('pairs'), { state });
export const judge = (id: string, verdict: 'accept' | 'reject' | 'reopen', why: string, sure: boolean): Promise<{ draft: Draft | null }> => send('POST', at('pairs', id), { verdict, why, sure });
