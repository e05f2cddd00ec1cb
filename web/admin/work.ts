/** The record that is open: its text, what is kept, what is wrong with it; saving and everything that can
 *  come between two people. What is typed is kept on this device until it is saved. */
import { batch, computed, signal, type Signal } from '@preact/signals';
import { store } from '../lib/prefs';
import { announce, toast } from '../lib/overlay';
import type { City, Facet, Lang } from '../lib/types';
import * as api from './api';
import { ApiError, type Body, type Draft, type Finding, type Json, type Kind, type Shown } from './api';
import { at, dotted, fieldOf, put, same, threeWay, type Clash, type Path } from './paths';
import { t } from './text';

const PREFIX = 'sg.list.';
const KEEP_MS = 600;
const TRIAL_MS = 350;
export const PREVIEW = { city: signal<City | null>(null), facet: signal<Facet | null>(null), as: signal<Lang>('zh') };

/** Counts what was kept, sent or given up: lists and counts elsewhere follow it. */
export const kept = signal(0);

interface Kept { from: Body; body: Body; why: string; mark: string; at: string }
export interface Conflict { kind: 'saved' | 'published' | 'kept'; theirs: Body; merged: Body; clashes: Clash[]; by: string; at: string; then: (body: Body) => void }
export type SaveState = 'clean' | 'dirty' | 'saving' | 'saved' | 'failed';

/** What the server said, or that it did not. */
export const said = (error: unknown): string => (error instanceof ApiError && error.wire?.message) || t('net.problem');

export class Work {
  readonly body: Signal<Body>;
  readonly saved: Signal<Body>;
  readonly shown: Signal<Shown>;
  readonly why: Signal<string>;
  readonly whyMissing = signal(false);
  readonly state = signal<SaveState>('clean');
  readonly problem = signal('');
  readonly restored = signal<string | null>(null);
  /** The record was published anew underneath and the editor has seen it: the next save says so. */
  readonly rebase = signal(false);
  readonly conflict = signal<Conflict | null>(null);
  readonly trial = signal<api.Trial | null>(null);
  readonly trialBusy = signal(false);
  readonly trialProblem = signal('');
  readonly dirty = computed(() => !same(this.body.value, this.saved.value));
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

  constructor(shown: Shown, private readonly user: string, blank?: Body) {
    const text = shown.draft?.body ?? shown.body ?? blank ?? {};
    this.shown = signal(shown);
    this.saved = signal(shown.draft?.body ?? shown.body ?? {});
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

  // ---------------------------------------------------------------- writing

  set(path: Path, value: Json): void {
    this.body.value = put(this.body.peek(), path, value);
    this.state.value = this.dirty.peek() ? 'dirty' : 'clean';
    this.keepSoon();
    this.try();
  }

  /** Back to what was saved last. */
  revert(): void {
    this.body.value = this.saved.peek();
    this.state.value = 'clean';
    this.forget();
    this.try();
    announce(t('discarded.local'));
  }

  private slot(): string { return `${PREFIX}${this.user}.${this.kind}.${this.key}`; }
  private mark(): string {
    const { draft, revision } = this.shown.peek();
    return draft ? `${draft.id}@${draft.version}` : `r${revision ?? 0}`;
  }

  private keepSoon(): void {
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.keep(), KEEP_MS) as unknown as number;
  }

  keep(): void {
    clearTimeout(this.keepTimer);
    if (!this.dirty.peek()) return this.forget();
    const text: Kept = { from: this.saved.peek(), body: this.body.peek(), why: this.why.peek(), mark: this.mark(), at: new Date().toISOString() };
    store.set(this.slot(), JSON.stringify(text));
  }

  private forget(): void {
    clearTimeout(this.keepTimer);
    this.restored.value = null;
    store.set(this.slot(), null);
  }

  private restore(): void {
    let found: Kept | null = null;
    try {
      found = JSON.parse(store.get(this.slot()) ?? 'null') as Kept | null;
    } catch {
      store.set(this.slot(), null);
    }
    if (!found || same(found.body, this.saved.peek())) return;
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
    try {
      const ask = { kind: this.kind, key: this.key, body: this.body.peek(), city: PREVIEW.city.peek(), facet: PREVIEW.facet.peek() };
      this.trial.value = await api.preview(ask, stop.signal);
      this.trialProblem.value = '';
    } catch (error) {
      if (stop.signal.aborted) return;
      this.trialProblem.value = said(error);
    }
    this.trialBusy.value = false;
  }

  // ---------------------------------------------------------------- keeping

  /** Saves; false when it was not possible (said in `problem`, `conflict` or at the reason). */
  async save(): Promise<boolean> {
    if (this.state.peek() === 'saving' || this.locked) return false;
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
      this.state.value = this.dirty.peek() ? 'dirty' : 'saved';
    });
    if (this.dirty.peek()) this.keep();
    else this.forget();
    kept.value += 1;
  }

  private async failed(error: unknown): Promise<void> {
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
    } else {
      this.problem.value = said(error);
      toast(this.problem.peek(), 'warning');
    }
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
        this.body.value = body;
        this.state.value = 'dirty';
        this.keep();
        this.try();
      },
    };
  }

  // ---------------------------------------------------------------- steps

  /** Asks for review; saves first. */
  async submit(): Promise<boolean> {
    if (!(await this.save())) return false;
    const draft = this.draft;
    if (!draft || draft.state !== 'editing') return false;
    if (!this.why.peek().trim()) {
      this.whyMissing.value = true;
      document.getElementById('why')?.focus();
      return false;
    }
    try {
      this.took(await api.step(draft.id, 'submit', draft.version, this.why.peek().trim()), this.saved.peek());
      toast(t('submitted'), 'success');
      return true;
    } catch (error) {
      const found = error instanceof ApiError ? (error.wire?.details?.findings as Finding[] | undefined) : undefined;
      await this.failed(error);
      if (found) void this.tryNow();
      return false;
    }
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
