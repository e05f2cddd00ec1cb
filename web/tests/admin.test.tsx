/** The list desk: bodies as trees, two people's work, keys, and the editor against a scripted server. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Body, Draft, Shown } from '../admin/api';
import { overview, section, sheet, work as current } from '../admin/app';
import { inWords } from '../admin/diff';
import { Editor } from '../admin/editor';
import { commandOf, SHORTCUTS } from '../admin/keys';
import { at, fieldOf, middle, put, same, threeWay } from '../admin/paths';
import { problemText } from '../admin/problems';
import { inCityTime } from '../admin/publish';
import { blankBody, CHOICES, sectionsOf, type Field } from '../admin/schema';
import { Sheets } from '../admin/sheets';
import { zh } from '../admin/locales/zh';
import { Work } from '../admin/work';
import type { Press } from '../desk/keys';
import { setLang } from '../lib/prefs';

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, code: '', altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, isComposing: false, keyCode: 0, ...more });

describe('bodies', () => {
  const tree: Body = { a: { b: [{ zh: '一', en: 'one' }, null] }, c: 1 };

  it('replaces one place and nothing else', () => {
    const next = put(tree, ['a', 'b', 0, 'zh'], '二');
    expect(at(next, ['a', 'b', 0])).toEqual({ zh: '二', en: 'one' });
    expect(at(tree, ['a', 'b', 0, 'zh'])).toBe('一');
    expect(next.c).toBe(1);
    expect(put({}, ['x', 0, 'y'], 1)).toEqual({ x: [{ y: 1 }] });
  });

  it('takes an absent key for null', () => {
    expect(same({ a: null, b: [1] }, { b: [1] })).toBe(true);
    expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
  });

  it('merges different places and asks only about the same one', () => {
    const base: Body = { name: 'n', sum: { zh: 'a', en: 'b' }, list: [1, 2], kept: true };
    const theirs: Body = { ...base, sum: { zh: 'A', en: 'b' }, list: [1, 2, 3] };
    const mine: Body = { ...base, sum: { zh: '甲', en: 'B' }, list: [0, 1, 2], name: 'm' };
    const { merged, clashes } = threeWay(base, theirs, mine);
    expect(merged).toEqual({ name: 'm', sum: { zh: '甲', en: 'B' }, list: [0, 1, 2], kept: true });
    expect(clashes.map((c) => c.path)).toEqual([['sum', 'zh'], ['list']]);
    expect(threeWay(base, theirs, base)).toEqual({ merged: theirs, clashes: [] });
  });

  it('leads a finding to its field, also by the id of an entry and through what is common', () => {
    const body: Body = { common: { materials: [{ id: 'id_card' }], fees: [] }, cities: { shenzhen: { materials: [], fees: [{}] } } };
    expect(fieldOf(body, 'common.materials.id_card.form_url')).toEqual(['common', 'materials', 0, 'form_url']);
    expect(fieldOf(body, 'cities.shenzhen.materials.0')).toEqual(['common', 'materials', 0]);
    expect(fieldOf(body, 'cities.shenzhen.fees.0.basis')).toEqual(['cities', 'shenzhen', 'fees', 0, 'basis']);
    expect(fieldOf(body, 'common.materials.gone')).toEqual(['common', 'materials']);
  });

  it('marks what differs between two sentences, by whole words', () => {
    expect(middle('工作日九点', '工作日十点')).toEqual({ before: '工作日', old: '九', now: '十', after: '点' });
    expect(middle('in Shenzhen now', 'in Shekou now')).toEqual({ before: 'in ', old: 'Shenzhen', now: 'Shekou', after: ' now' });
  });
});

describe('forms', () => {
  const fields = (list: Field[]): Field[] => list.flatMap((f) => [f, ...('of' in f && Array.isArray(f.of) ? fields(f.of) : [])]);
  const all = (['item', 'source', 'centre', 'bundle', 'liaison', 'door_offer', 'outside'] as const).flatMap((kind) => sectionsOf(kind).flatMap((s) => fields([...s.fields, ...(s.variant ?? [])])));

  it('has a word for every field, hint and choice', () => {
    for (const f of all) {
      if (f.label || f.key) expect(zh, f.label ?? f.key).toHaveProperty([`f.${f.label ?? f.key}`]);
      if (f.hint) expect(zh).toHaveProperty([`hint.${f.hint}`]);
    }
    for (const [name, values] of Object.entries(CHOICES)) for (const value of values) expect(zh).toHaveProperty([`o.${name}.${value}`]);
  });

  it('begins a new service with both cities and nothing invented', () => {
    const body = blankBody('item', 'SG-HR-099');
    expect(Object.keys(body.cities as Body)).toEqual(['shenzhen', 'dongguan']);
    expect(body).toMatchObject({ item_id: 'SG-HR-099', status: 'to_confirm', sources: ['DEMO'], name: { zh: '', en: '' } });
    expect(blankBody('source', 'S99')).toEqual({ id: 'S99', title: { zh: '', en: '' }, kind: 'official', doc_no: null, url: null, issued: null });
  });

  it('says a value in words and a time in both cities', () => {
    expect(inWords({ zh: '九点', en: 'nine' })).toEqual(['九点', 'nine']);
    expect(inWords(null)).toEqual([]);
    expect(new Date(inCityTime('2026-12-01T09:00')).toISOString()).toBe('2026-12-01T01:00:00.000Z');
  });

  it('says findings in the reader\'s language', () => {
    setLang('zh');
    expect(problemText('unknown source S98')).toBe('来源 S98 不存在');
    expect(problemText('missing')).toBe('必填项没有填');
    setLang('en');
    expect(problemText('unknown source S98')).toBe('unknown source S98');
  });
});

describe('keys', () => {
  it('are commands only where nothing is written', () => {
    expect(commandOf(press('j'), false, true)).toBe('next');
    expect(commandOf(press('j'), true, true)).toBeNull();
    expect(commandOf(press('j'), false, false)).toBeNull();
    expect(commandOf(press('s', { ctrlKey: true }), true, false)).toBe('save');
    expect(commandOf(press('s', { metaKey: true }), true, true)).toBe('save');
    expect(commandOf(press('¡', { altKey: true, code: 'Digit1' }), true, true)).toBe('list');
    expect(commandOf(press('?', { shiftKey: true }), false, true)).toBe('help');
    expect(commandOf(press('S', { shiftKey: true }), false, true)).toBeNull();
    expect(commandOf(press('j', { isComposing: true }), false, true)).toBeNull();
  });

  it('are each used once', () => {
    const used = SHORTCUTS.map((s) => `${s.with ?? ''}${s.key}`);
    expect(new Set(used).size).toBe(used.length);
  });
});

describe('the editor', () => {
  const BODY: Body = { ...blankBody('item', 'SG-HR-004'), name: { zh: '补卡', en: 'Card' }, summary: { zh: '简介', en: 'Summary' } };
  const may = { edit: true, submit: false, review: false, discard: false, publish: false };
  const shown = (more: Partial<Shown> = {}): Shown => ({ kind: 'item', key: 'SG-HR-004', name: { zh: '补卡', en: 'Card' }, revision: 3, body: BODY, draft: null, may, tasks: [], ...more });
  const draft = (body: Body, version = 1): Draft => ({
    id: 'dft_1', kind: 'item', key: 'SG-HR-004', name: { zh: '补卡', en: 'Card' }, state: 'editing', version, base: 3, current: 3, stale: false, withdraw: false, body,
    authors: [], opened_at: '2026-11-24T10:00:00Z', updated_by: { id: 'b', name: '梁伟' }, updated_at: '2026-11-24T10:00:00Z', why: '改', reviewer: null, scheduled_in: null, published_in: null,
  });
  let calls: { method: string; path: string; body: Body }[];
  let answers: Record<string, () => Response>;
  let root: HTMLElement;
  const json = (data: unknown, status = 200): Response => new Response(JSON.stringify(data), { status });

  async function open(start: Shown): Promise<Work> {
    const made = new Work(start, 'me');
    current.value = made;
    section.value = 'basic';
    root = document.createElement('div');
    document.body.append(root);
    await act(() => render(<><Editor /><Sheets /></>, root));
    return made;
  }

  const box = (label: string): HTMLTextAreaElement => {
    const found = root.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${label}"]`);
    if (!found) throw new Error(label);
    return found;
  };
  const type = (node: HTMLTextAreaElement | HTMLInputElement, text: string): Promise<void> => act(() => { node.value = text; node.dispatchEvent(new Event('input', { bubbles: true })); });
  const button = (text: string): HTMLButtonElement => {
    const found = [...root.querySelectorAll('button')].find((b) => b.textContent?.includes(text));
    if (!found) throw new Error(text);
    return found;
  };

  beforeEach(() => {
    setLang('zh');
    localStorage.clear();
    calls = [];
    overview.value = {
      editor: { id: 'me', name: '苏晴', username: 's', roles: ['list_editor'], cities: ['shenzhen'], languages: ['zh'], media: [] }, list_version: 'v', number: 1,
      counts: {} as never, drafts: { editing: 0, in_review: 0, approved: 0 }, tasks: 0, sources: [{ id: 'DEMO', title: { zh: '演示', en: 'Demo' }, kind: 'demonstration' }],
    };
    answers = { 'POST /preview': () => json({ cards: null, findings: [{ level: 'error', where: 'SG-HR-004 summary', path: 'summary', problem: 'text is missing in zh or en' }], changes: [] }) };
    vi.useFakeTimers();
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit = {}) => {
      const path = url.replace('/api/v1/admin', '').replace(/\?.*/, '');
      calls.push({ method: init.method ?? 'GET', path, body: JSON.parse((init.body as string | undefined) ?? '{}') as Body });
      return answers[`${init.method ?? 'GET'} ${path}`]?.() ?? json({ error: { code: 'not_found', message: '没有', retryable: false } }, 404);
    }));
    HTMLDialogElement.prototype.showModal ??= function show(this: HTMLDialogElement) { this.open = true; };
    HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) { this.open = false; };
  });

  afterEach(() => {
    current.peek()?.close();
    current.value = null;
    sheet.value = null;
    void act(() => render(null, root));
    root.remove();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('asks for a reason, then makes the draft with the whole text', async () => {
    const work = await open(shown());
    await type(box('简介 中文'), '新的简介');
    await act(async () => { await work.save(); });
    expect(work.whyMissing.value).toBe(true);
    expect(calls.filter((c) => c.path === '/drafts')).toHaveLength(0);
    await type(root.querySelector<HTMLInputElement>('#why') as HTMLInputElement, '写短');
    const made = put(BODY, ['summary', 'zh'], '新的简介');
    answers['POST /drafts'] = () => json({ draft: draft(made), changes: [], findings: [], may: { ...may, submit: true } }, 201);
    await act(async () => { await work.save(); });
    expect(calls.find((c) => c.path === '/drafts')?.body).toMatchObject({ kind: 'item', key: 'SG-HR-004', why: '写短', body: { summary: { zh: '新的简介' } } });
    expect(work.dirty.value).toBe(false);
    expect(root.textContent).toContain('草稿已保存');
  });

  it('shows a finding at its field and counts it at its section', async () => {
    const work = await open(shown());
    await act(async () => { await work.tryNow(); });
    expect(box('简介 中文').getAttribute('aria-invalid')).toBe('true');
    expect(root.querySelector('#f-summary-bad')?.textContent).toContain('中文和英文都要填写');
    expect(root.querySelector('#tab-basic')?.textContent).toContain('1');
  });

  it('locks the other city', async () => {
    await open(shown());
    await act(() => { section.value = 'materials'; });
    const city = (name: string): HTMLElement => root.querySelector<HTMLElement>(`section[aria-label="${name}"]`) as HTMLElement;
    expect(city('东莞').textContent).toContain('只读');
    expect(city('东莞').querySelector('.add')).toBeNull();
    expect(city('深圳').querySelector('.add')).not.toBeNull();
  });

  it('keeps unsaved text on the device and brings it back', async () => {
    const first = await open(shown());
    await type(box('简介 中文'), '还没保存');
    first.close();
    const again = new Work(shown(), 'me');
    expect(at(again.body.value, ['summary', 'zh'])).toBe('还没保存');
    expect(again.restored.value).not.toBeNull();
    expect(at(new Work(shown(), 'somebody else').body.value, ['summary', 'zh'])).toBe('简介');
    again.revert();
    expect(at(new Work(shown(), 'me').body.value, ['summary', 'zh'])).toBe('简介');
  });

  it('brings two people\'s work together and asks about the same place', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    await type(box('简介 中文'), '我的简介');
    await type(box('名称 英文'), 'My card');
    const theirs = put(put(BODY, ['summary', 'zh'], '他的简介'), ['result'], { zh: '新卡', en: 'New card' });
    const now = draft(theirs, 2);
    answers['PUT /drafts/dft_1'] = () => json({ error: { code: 'edit_conflict', message: '有人先保存了', retryable: true, details: { current: now } } }, 409);
    answers['GET /records/item/SG-HR-004'] = () => json(shown({ draft: now }));
    await act(async () => { await work.save(); });
    expect(work.conflict.value?.clashes.map((c) => c.path.join('.'))).toEqual(['summary.zh']);
    expect(root.querySelector('dialog[open]')?.textContent).toContain('梁伟');
    await act(() => root.querySelectorAll<HTMLInputElement>('.clash input')[1]?.click());
    await act(() => button('按此合并').click());
    expect(work.body.value).toMatchObject({ summary: { zh: '他的简介' }, name: { en: 'My card' }, result: { zh: '新卡' } });
    expect(work.draft?.version).toBe(2);
    expect(work.dirty.value).toBe(true);
  });

  it('shows what was published underneath and says that it was seen', async () => {
    const theirs = put(BODY, ['result'], { zh: '新卡', en: 'New card' }), mine = put(BODY, ['name', 'en'], 'My card');
    answers['GET /drafts/dft_1/three-way'] = () => json({ base: BODY, current: theirs, draft: mine, theirs: [], ours: [], overlaps: [] });
    const work = await open(shown({ body: theirs, draft: { ...draft(mine), stale: true, current: 4 } }));
    await act(async () => { await vi.advanceTimersByTimeAsync(5); });
    expect(work.conflict.value?.kind).toBe('published');
    await act(() => button('按此合并').click());
    answers['PUT /drafts/dft_1'] = () => json({ draft: draft(work.body.value, 2), changes: [], findings: [], may });
    await act(async () => { await work.save(); });
    expect(calls.find((c) => c.method === 'PUT')?.body).toMatchObject({ rebase: true, body: { name: { en: 'My card' }, result: { zh: '新卡' } } });
  });

  it('does not lose the text when the server cannot be reached', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    await type(box('简介 中文'), '断网时写的');
    vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('offline'); }));
    await act(async () => { await work.save(); });
    expect(work.state.value).toBe('failed');
    expect(root.textContent).toContain('没有连上服务器');
    expect(work.dirty.value).toBe(true);
  });
});
