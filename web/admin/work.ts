/** The record that is open: its text, what is kept, what is wrong with it; saving and everything that can
 *  come between two people. What is typed is kept on this device until it is saved. */
import { batch, computed, signal, type Signal } from '@preact/signals';
import { store } from '../lib/prefs';
import { announce, toast } from '../lib/overlay';
import type { City, Facet, Lang } from '../lib/types';
import * as api from './api';
import { ApiError, type Body, type Draft, type Finding, type Json, type Kind, type Shown } from './api';
import { at, dotted, fieldOf, pathOf, put, same, threeWay, type Clash, type Path } from './paths';
import { t } from './text';

const PREFIX = 'sg.list.';
const NEW = 'r0';
const KEEP_MS = 600;
const TRIAL_MS = 350;
const RETRY_MS = 4000;
export const PREVIEW = { city: signal<City | null>(null), facet: signal<Facet | null>(null), as: signal<Lang>('zh') };

/** Counts what was saved or sent: lists and counts elsewhere follow it. */
export const kept = signal(0);
/** Counts what began or ceased to be kept on this device. */
export const local = signal(0);
/** Something was asked for that needs a new sign-in. */
export const asking = signal(false);

interface Kept { from: Body; body: Body; why: string; mark: string; at: string }
export interface Conflict { kind: 'saved' | 'published' | 'kept'; theirs: Body; merged: Body; clashes: Clash[]; by: string; at: string; then: (body: Body) => void }
export type SaveState = 'clean' | 'dirty' | 'saving' | 'saved' | 'failed';

/** Something that was taken out of a list (at its place) or emptied. */
interface Removed { path: Path; index: number | null; gone: Json; name: string }

const statusOf = (error: unknown): number => (error instanceof ApiError ? error.status : -1);
/** The server was not reached at all, or not by us any more; not that it refused. */
const unheard = (error: unknown): boolean => [0, 401, 502, 503, 504].includes(statusOf(error));
/** What the server said, or that it did not. */
export const said = (error: unknown): string => (statusOf(error) === 401 ? t('session.over') : (error instanceof ApiError && error.wire?.message) || t('net.problem'));

const slotOf = (user: string, kind: Kind, key: string): string => `${PREFIX}${user}.${kind}.${key}`;
const read = (slot: string): Kept | null => {
  try {
    return JSON.parse(store.get(slot) ?? 'null') as Kept | null;
  } catch {
    store.set(slot, null);
    return null;
  }
};

export interface Unsaved { kind: Kind; key: string; body: Body; new: boolean }

/** What `user` wrote on this device and has not saved. */
export function unsaved(user: string): Unsaved[] {
  const prefix = `${PREFIX}${user}.`;
  return store.keys(prefix).sort().flatMap((slot) => {
    const found = read(slot), [kind, ...key] = slot.slice(prefix.length).split('.');
    return found ? [{ kind: kind as Kind, key: key.join('.'), body: found.body, new: found.mark === NEW }] : [];
  });
}

export class Work {
  readonly body: Signal<Body>;
  readonly saved: Signal<Body>;
  readonly shown: Signal<Shown>;
  readonly why: Signal<string>;
  readonly whyMissing = signal(false);
  readonly state = signal<SaveState>('clean');
  readonly problem = signal('');
  /** On its way to the review. */
  readonly sending = signal(false);
  readonly restored = signal<string | null>(null);
  /** The record was published anew underneath and the editor has seen it: the next save says so. */
  readonly rebase = signal(false);
  readonly conflict = signal<Conflict | null>(null);
  readonly trial = signal<api.Trial | null>(null);
  readonly trialBusy = signal(false);
  readonly trialProblem = signal('');
  readonly dirty = computed(() => !same(this.body.value, this.saved.value));
  /** What was taken out, the latest last; `offered` while the page offers to put it back. */
  readonly removed = signal<readonly Removed[]>([]);
  readonly offered = signal(false);
  /** A field to be led to, and what a refused draft was refused for elsewhere in the list. */
  readonly lead = signal<Path | null>(null);
  readonly refused = signal<Finding[]>([]);
  /** Worst finding first, by the dotted path of its field. */
  readonly findings = computed(() => {
    const found = new Map<string, Finding[]>();
    for (const f of this.trial.value?.findings ?? []) {
      const path = dotted(fieldOf(this.body.peek(), f.path)), there = found.get(path) ?? [];
      // What is wrong in both cities alike is said once.
      if (!there.some((x) => x.problem === f.problem)) found.set(path, [...there, f]);
    }
    return found;
  });
  private keepTimer = 0;
  private trialTimer = 0;
  private stopTrial: AbortController | null = null;
  private flight: Promise<boolean> | null = null;
  /** What is said to be wrong is only that the server was not reached; and how often it was not. */
  private lost = false;
  private losses = 0;

  constructor(shown: Shown, private readonly user: string, blank?: Body) {
    const text = shown.draft?.body ?? shown.body ?? blank ?? {};
    this.shown = signal(shown);
    this.saved = signal(text);
    this.body = signal(text);
    this.why = signal(shown.draft && shown.draft.state === 'editing' ? shown.draft.why : '');
    this.restore();
    this.try();
    if (shown.draft?.stale && !this.conflict.peek()) void this.openStale(shown.draft);
  }

  get kind(): Kind { return this.shown.peek().kind; }
  get key(): string { return this.shown.peek().key; }
  get draft(): Draft | null { return this.shown.value.draft; }
  get locked(): boolean { return !this.shown.value.may.edit; }
  /** Known to nobody else yet. */
  get fresh(): boolean { return this.shown.value.revision === null && !this.draft; }

  // ---------------------------------------------------------------- writing

  set(path: Path, value: Json): void {
    this.body.value = put(this.body.peek(), path, value);
    this.problem.value = '';
    this.refused.value = [];
    if (!this.flight) this.state.value = this.dirty.peek() ? 'dirty' : 'clean';
    this.keepSoon();
    this.try();
  }

  /** Takes the entry `i` out of the list at `path`, or empties the place; `undo` puts it back. */
  remove(path: Path, index: number | null, name: string): void {
    const there = this.value(path) ?? null;
    const gone = index === null ? there : ((there as Json[])[index] ?? null);
    this.set(path, index === null ? null : (there as Json[]).filter((_, j) => j !== index));
    this.removed.value = [...this.removed.peek(), { path, index, gone, name }];
    this.offered.value = true;
    announce(t('removed.undo', { name }));
  }

  /** Puts back what was taken out last and leads there; false when there is nothing. */
  undo(): boolean {
    const last = this.removed.peek().at(-1);
    if (!last || this.locked) return false;
    const { path, index, gone, name } = last, now = this.value(path) ?? null;
    this.removed.value = this.removed.peek().slice(0, -1);
    if (index === null) this.set(path, now ?? gone);
    else {
      const list = (now as Json[] | null) ?? [];
      this.set(path, [...list.slice(0, index), gone, ...list.slice(index)]);
    }
    this.lead.value = index === null ? path : [...path, index];
    announce(t('undone', { name }));
    return true;
  }

  /** Places have changed: what was taken out has none to go back to. */
  forgetRemoved(): void { this.removed.value = []; }

  /** Back to what was saved last. */
  revert(): void {
    this.body.value = this.saved.peek();
    this.state.value = 'clean';
    this.problem.value = '';
    this.forgetRemoved();
    this.forget();
    this.try();
    announce(t('discarded.local'));
  }

  private slot(): string { return slotOf(this.user, this.kind, this.key); }
  private mark(): string {
    const { draft, revision } = this.shown.peek();
    return draft ? `${draft.id}@${draft.version}` : revision === null ? NEW : `r${revision}`;
  }

  private keepSoon(): void {
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.keep(), KEEP_MS) as unknown as number;
  }

  keep(): void {
    clearTimeout(this.keepTimer);
    if (!this.dirty.peek()) return this.forget();
    const text: Kept = { from: this.saved.peek(), body: this.body.peek(), why: this.why.peek(), mark: this.mark(), at: new Date().toISOString() };
    this.store(JSON.stringify(text));
  }

  private store(text: string | null): void {
    const before = store.get(this.slot()) !== null;
    store.set(this.slot(), text);
    if (before !== (text !== null)) local.value += 1;
  }

  private forget(): void {
    clearTimeout(this.keepTimer);
    this.restored.value = null;
    this.store(null);
  }

  private restore(): void {
    const found = read(this.slot());
    if (!found) return;
    if (same(found.body, this.saved.peek())) return this.store(null);
    this.why.value = found.why;
    if (found.mark === this.mark()) {
      this.body.value = found.body;
      this.state.value = 'dirty';
      this.restored.value = found.at;
    } else {
      this.settle('kept', found.from, this.saved.peek(), found.body, this.draft?.updated_by.name ?? '', this.draft?.updated_at ?? found.at);
    }
  }

  // ---------------------------------------------------------------- what it would look like

  try(): void {
    clearTimeout(this.trialTimer);
    this.trialTimer = setTimeout(() => void this.tryNow(), TRIAL_MS) as unknown as number;
  }

  async tryNow(): Promise<void> {
    clearTimeout(this.trialTimer);
    this.stopTrial?.abort();
    if (this.draft?.withdraw) return;
    const stop = (this.stopTrial = new AbortController());
    this.trialBusy.value = true;
    const { losses } = this;
    try {
      const ask = { kind: this.kind, key: this.key, body: this.body.peek(), city: PREVIEW.city.peek(), facet: PREVIEW.facet.peek() };
      this.trial.value = await api.preview(ask, stop.signal);
      this.trialProblem.value = '';
      if (losses === this.losses) this.heard();
    } catch (error) {
      if (stop.signal.aborted) return;
      this.trialProblem.value = said(error);
      if (unheard(error) && statusOf(error) !== 401) this.trialTimer = setTimeout(() => void this.tryNow(), RETRY_MS) as unknown as number;
    }
    this.trialBusy.value = false;
  }

  /** The server answers: that it did not is no longer a problem. */
  private heard(): void {
    if (!this.lost) return;
    this.lost = false;
    this.problem.value = '';
    if (this.state.peek() === 'failed') this.state.value = this.dirty.peek() ? 'dirty' : 'clean';
  }

  // ---------------------------------------------------------------- keeping

  /** One request at a time: what is asked for meanwhile waits for the answer, and goes by it. */
  private async alone(run: () => Promise<boolean>): Promise<boolean> {
    while (this.flight) if (!(await this.flight)) return false;
    this.flight = run();
    try {
      return await this.flight;
    } finally {
      this.flight = null;
    }
  }

  /** Saves; false when it was not possible (said in `problem`, `conflict` or at the reason). */
  save(): Promise<boolean> { return this.alone(() => this.saveNow()); }

  private async saveNow(): Promise<boolean> {
    if (this.locked || this.conflict.peek()) return false;
    if (!this.dirty.peek() && !this.rebase.peek()) return true;
    if (!this.why.peek().trim()) {
      this.whyMissing.value = true;
      document.getElementById('why')?.focus();
      announce(t('why.missing'));
      return false;
    }
    const sent = this.body.peek(), draft = this.draft, why = this.why.peek().trim();
    this.state.value = 'saving';
    try {
      const done = draft
        ? await api.saveDraft(draft.id, { version: draft.version, body: sent, why, rebase: this.rebase.peek() })
        : await api.newDraft({ kind: this.kind, key: this.key, why, body: sent });
      this.rebase.value = false;
      this.took(done, sent);
      announce(t('saved'));
      return true;
    } catch (error) {
      this.state.value = 'failed';
      await this.failed(error);
      return false;
    }
  }

  private took(done: api.DraftShown, sent: Body): void {
    batch(() => {
      this.shown.value = { ...this.shown.peek(), draft: done.draft, may: done.may };
      this.saved.value = sent;
      this.problem.value = '';
      this.lost = false;
      this.offered.value = false;
      this.state.value = this.dirty.peek() ? 'dirty' : 'saved';
    });
    if (this.dirty.peek()) this.keep();
    else this.forget();
    kept.value += 1;
  }

  private async failed(error: unknown): Promise<void> {
    try {
      await this.faced(error);
    } catch (second) {
      this.tell(second);
    }
  }

  private tell(error: unknown): void {
    this.state.value = 'failed';
    this.problem.value = said(error);
    this.lost = unheard(error);
    if (statusOf(error) === 401) asking.value = true;
    else toast(this.problem.peek(), 'warning');
    if (!this.lost) return;
    this.losses += 1;
    this.try();
  }

  private async faced(error: unknown): Promise<void> {
    const wire = error instanceof ApiError ? error.wire : null;
    const details = wire?.details ?? {};
    if (wire?.code === 'edit_conflict' && details.current) {
      const theirs = details.current as unknown as Draft;
      const base = this.saved.peek(), mine = this.body.peek();
      await this.reload();
      this.settle('saved', base, theirs.body ?? {}, mine, theirs.updated_by.name, theirs.updated_at);
    } else if (wire?.code === 'draft_exists' && typeof details.draft === 'string') {
      const found = await api.draft(details.draft);
      const base = this.saved.peek(), mine = this.body.peek();
      await this.reload();
      this.settle('saved', base, found.draft.body ?? {}, mine, found.draft.updated_by.name, found.draft.updated_at);
    } else this.tell(error);
  }

  private async reload(): Promise<void> {
    const fresh = await api.record(this.kind, this.key);
    this.shown.value = fresh;
    this.saved.value = fresh.draft?.body ?? fresh.body ?? {};
  }

  private async openStale(draft: Draft): Promise<void> {
    try {
      const three = await api.threeWay(draft.id);
      if (!three.current || !three.draft) return;
      this.rebase.value = true;
      this.settle('published', three.base ?? {}, three.current, this.body.peek(), '', draft.updated_at);
    } catch (error) {
      this.problem.value = said(error);
    }
  }

  /** Puts two people's work together; asks only where both changed the same place. */
  private settle(kind: Conflict['kind'], base: Body, theirs: Body, mine: Body, by: string, when: string): void {
    const { merged, clashes } = threeWay(base, theirs, mine);
    this.conflict.value = {
      kind, theirs, merged: merged as Body, clashes, by, at: when,
      then: (body) => {
        this.conflict.value = null;
        this.forgetRemoved();
        this.body.value = body;
        this.state.value = 'dirty';
        this.keep();
        this.try();
      },
    };
  }

  // ---------------------------------------------------------------- steps

  /** Asks for review; saves first. */
  async submit(): Promise<boolean> { return (await this.save()) && this.alone(() => this.submitNow()); }

  private async submitNow(): Promise<boolean> {
    const draft = this.draft;
    if (!draft || draft.state !== 'editing') return false;
    if (!this.why.peek().trim()) {
      this.whyMissing.value = true;
      document.getElementById('why')?.focus();
      return false;
    }
    this.sending.value = true;
    try {
      this.took(await api.step(draft.id, 'submit', draft.version, this.why.peek().trim()), this.saved.peek());
      toast(t('submitted'), 'success');
      return true;
    } catch (error) {
      const found = (error instanceof ApiError && (error.wire?.details?.findings as Finding[] | undefined)) || [];
      await this.failed(error);
      if (found.length) await this.point(found);
      return false;
    } finally {
      this.sending.value = false;
    }
  }

  /** Leads to the first thing a draft was refused for; what lies in other records is said above the fields. */
  private async point(found: Finding[]): Promise<void> {
    await this.tryNow();
    const first = found.find((f) => pathOf(f, this.key)) ?? this.trial.peek()?.findings.find((f) => f.level === 'error' && f.path);
    this.refused.value = found.filter((f) => !pathOf(f, this.key));
    if (first) this.lead.value = fieldOf(this.body.peek(), pathOf(first, this.key));
  }

  /** Gives the draft up; the record is as published again. */
  async discard(why: string): Promise<void> {
    const draft = this.draft;
    if (draft) await api.step(draft.id, 'discard', draft.version, why);
    this.forget();
  }

  close(): void {
    this.keep();
    clearTimeout(this.trialTimer);
    this.stopTrial?.abort();
  }

  /** Findings at a field; with `under`, also those of what lies inside. */
  at(path: Path, under = false): Finding[] {
    const here = dotted(path);
    return [...this.findings.value].filter(([p]) => p === here || (under && p.startsWith(`${here}.`))).flatMap(([, f]) => f);
  }

  value(path: Path): Json | undefined { return at(this.body.value, path); }
}
