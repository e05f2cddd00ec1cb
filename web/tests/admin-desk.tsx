/** The list desk against a scripted server: what is on the page, what was asked, what is answered. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, vi } from 'vitest';
import { expired, type Body, type Draft, type Shown } from '../admin/api';
import { overview, section, sheet, work as current } from '../admin/app';
import { Editor } from '../admin/editor';
import { blankBody } from '../admin/schema';
import { Sheets } from '../admin/sheets';
import { asking, Work } from '../admin/work';
import { setLang } from '../lib/prefs';

export const BODY: Body = { ...blankBody('item', 'SG-HR-004'), name: { zh: '补卡', en: 'Card' }, summary: { zh: '简介', en: 'Summary' } };
export const may = { edit: true, submit: false, review: false, discard: false, publish: false };

export const shown = (more: Partial<Shown> = {}): Shown => ({ kind: 'item', key: 'SG-HR-004', name: { zh: '补卡', en: 'Card' }, revision: 3, body: BODY, draft: null, may, tasks: [], ...more });
export const draft = (body: Body, version = 1): Draft => ({
  id: 'dft_1', kind: 'item', key: 'SG-HR-004', name: { zh: '补卡', en: 'Card' }, state: 'editing', version, base: 3, current: 3, stale: false, withdraw: false, body,
  authors: [], opened_at: '2026-11-24T10:00:00Z', updated_by: { id: 'b', name: '梁伟' }, updated_at: '2026-11-24T10:00:00Z', why: '改', reviewer: null, scheduled_in: null, published_in: null,
});
export const json = (data: unknown, status = 200): Response => new Response(JSON.stringify(data), { status });
export const refused = (code: string, status: number, details: unknown = {}): Response => json({ error: { code, message: '不行', retryable: false, details } }, status);

/** Filled anew before each test. */
export const desk = { root: null as unknown as HTMLElement, calls: [] as { method: string; path: string; body: Body }[], answers: {} as Record<string, () => Response | Promise<Response>> };

export async function mount(page: preact.ComponentChild): Promise<void> {
  await act(() => render(page, desk.root));
}

export async function open(start: Shown): Promise<Work> {
  const made = new Work(start, 'me');
  current.value = made;
  section.value = start.kind === 'item' ? 'basic' : 'record';
  await mount(<><Editor /><Sheets /></>);
  return made;
}

/** What time brings: pauses of typing, retries, the focus that follows. */
export const after = (ms: number): Promise<void> => act(async () => { await vi.advanceTimersByTimeAsync(ms); });

export function box(label: string): HTMLTextAreaElement {
  const found = desk.root.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${label}"]`);
  if (!found) throw new Error(label);
  return found;
}

export function button(text: string): HTMLButtonElement {
  const found = [...desk.root.querySelectorAll('button')].find((b) => b.textContent?.includes(text));
  if (!found) throw new Error(text);
  return found;
}

export const type = (node: HTMLTextAreaElement | HTMLInputElement, text: string): Promise<void> => act(() => { node.value = text; node.dispatchEvent(new Event('input', { bubbles: true })); });

/** Call once in a `describe`. */
export function onDesk(): void {
  beforeEach(() => {
    setLang('zh');
    localStorage.clear();
    desk.root = document.createElement('div');
    document.body.append(desk.root);
    desk.calls = [];
    desk.answers = { 'POST /preview': () => json({ cards: null, findings: [{ level: 'error', where: 'SG-HR-004 summary', path: 'summary', problem: 'text is missing in zh or en' }], changes: [] }) };
    overview.value = {
      editor: { id: 'me', name: '苏晴', username: 's', roles: ['list_editor'], cities: ['shenzhen'], languages: ['zh'], media: [] }, list_version: 'v', number: 1,
      counts: {} as never, drafts: { editing: 0, in_review: 0, approved: 0 }, tasks: 0, sources: [{ id: 'DEMO', title: { zh: '演示', en: 'Demo' }, kind: 'demonstration' }],
    };
    vi.useFakeTimers();
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit = {}) => {
      const path = url.replace('/api/v1/admin', '').replace(/\?.*/, '');
      desk.calls.push({ method: init.method ?? 'GET', path, body: JSON.parse((init.body as string | undefined) ?? '{}') as Body });
      return desk.answers[`${init.method ?? 'GET'} ${path}`]?.() ?? json({ error: { code: 'not_found', message: '没有', retryable: false } }, 404);
    }));
    HTMLDialogElement.prototype.showModal ??= function show(this: HTMLDialogElement) { this.open = true; };
    HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) { this.open = false; };
  });

  afterEach(() => {
    current.peek()?.close();
    current.value = null;
    sheet.value = null;
    expired.value = asking.value = false;
    void act(() => render(null, desk.root));
    desk.root.remove();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}
