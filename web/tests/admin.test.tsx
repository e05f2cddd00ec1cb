/** The list desk: bodies as trees, two people's work, keys, and the editor against a scripted server. */
import { act } from 'preact/test-utils';
import { describe, expect, it, vi } from 'vitest';
import type { Body } from '../admin/api';
import { section } from '../admin/app';
import { inWords } from '../admin/diff';
import { commandOf, SHORTCUTS } from '../admin/keys';
import { at, fieldOf, middle, pathOf, put, same, threeWay } from '../admin/paths';
import { problemText } from '../admin/problems';
import { cityTime, inCityTime, wrongTime } from '../admin/publish';
import { blankBody, CHOICES, sectionsOf, type Field } from '../admin/schema';
import { zh } from '../admin/locales/zh';
import { Work } from '../admin/work';
import type { Press } from '../desk/keys';
import { setLang } from '../lib/prefs';
import { BODY, box, button, desk, draft, json, may, onDesk, open, shown, type } from './admin-desk';

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
    expect(pathOf({ where: 'SG-HR-004 common.materials[0].name' }, 'SG-HR-004')).toBe('common.materials.0.name');
    expect(pathOf({ where: 'SG-HR-005 name' }, 'SG-HR-004')).toBe('');
    expect(pathOf({ where: 'SG-HR-004 name', path: 'name' }, 'SG-HR-004')).toBe('name');
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
    expect(cityTime(Date.parse('2026-12-01T01:00:00Z'))).toBe('2026-12-01T09:00');
  });

  it('schedules nothing for a time that has passed in the cities', () => {
    const now = Date.parse('2026-12-01T01:00:00Z');
    expect(wrongTime('', now)).toBe('publish.at_missing');
    expect(wrongTime('2026-12-01T08:59', now)).toBe('publish.at_past');
    expect(wrongTime('2026-12-01T09:01', now)).toBeNull();
  });

  it('says findings in the reader\'s language', () => {
    setLang('zh');
    expect(problemText('unknown source S98')).toBe('来源 S98 不存在');
    expect(problemText('missing')).toBe('必填项没有填');
    expect(problemText('tax_receipt is no material of SG-TX-001')).toBe('SG-TX-001 没有 tax_receipt 这份材料');
    expect(problemText('tax_receipt is no material of a step')).toBe('没有步骤要 tax_receipt 这份材料');
    expect(problemText('09:00-12:00 and 11:00-13:00 overlap on day 1, 2')).toContain('重叠');
    expect(problemText('a day is there twice')).toBe('同一天选了两次');
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
    expect(commandOf(press('z', { ctrlKey: true }), false, false)).toBe('undo');
    expect(commandOf(press('z', { ctrlKey: true }), true, true)).toBeNull();
  });

  it('are each used once', () => {
    const used = SHORTCUTS.map((s) => `${s.with ?? ''}${s.key}`);
    expect(new Set(used).size).toBe(used.length);
  });
});

describe('the editor', () => {
  onDesk();

  it('asks for a reason, then makes the draft with the whole text', async () => {
    const work = await open(shown());
    await type(box('简介 中文'), '新的简介');
    await act(async () => { await work.save(); });
    expect(work.whyMissing.value).toBe(true);
    expect(desk.calls.filter((c) => c.path === '/drafts')).toHaveLength(0);
    await type(desk.root.querySelector<HTMLInputElement>('#why') as HTMLInputElement, '写短');
    const made = put(BODY, ['summary', 'zh'], '新的简介');
    desk.answers['POST /drafts'] = () => json({ draft: draft(made), changes: [], findings: [], may: { ...may, submit: true } }, 201);
    await act(async () => { await work.save(); });
    expect(desk.calls.find((c) => c.path === '/drafts')?.body).toMatchObject({ kind: 'item', key: 'SG-HR-004', why: '写短', body: { summary: { zh: '新的简介' } } });
    expect(work.dirty.value).toBe(false);
    expect(desk.root.textContent).toContain('草稿已保存');
  });

  it('shows a finding at its field and counts it at its section', async () => {
    const work = await open(shown());
    await act(async () => { await work.tryNow(); });
    expect(box('简介 中文').getAttribute('aria-invalid')).toBe('true');
    expect(desk.root.querySelector('#f-summary-bad')?.textContent).toContain('中文和英文都要填写');
    expect(desk.root.querySelector('#tab-basic')?.textContent).toContain('1');
  });

  it('locks the other city', async () => {
    await open(shown());
    await act(() => { section.value = 'materials'; });
    const city = (name: string): HTMLElement => desk.root.querySelector<HTMLElement>(`section[aria-label="${name}"]`) as HTMLElement;
    expect(city('东莞').textContent).toContain('只读');
    expect(city('东莞').querySelector('.add')).toBeNull();
    expect(city('深圳').querySelector('.add')).not.toBeNull();
  });

  it('locks the other city\'s questions and offers no answer for it', async () => {
    const faq = (city: string | null): Body => ({ question: { zh: `问${city}`, en: 'q' }, answer: { zh: '答', en: 'a' }, city });
    await open(shown({ body: { ...BODY, faqs: [faq('dongguan'), faq('shenzhen'), faq(null)] } }));
    await act(() => { section.value = 'faqs'; });
    for (const n of [0, 1, 2]) await act(() => desk.root.querySelector<HTMLElement>(`#f-faqs-${n}`)?.click());
    const entries = [...desk.root.querySelectorAll('.entry')];
    expect(entries.map((e) => !!e.querySelector('.foreign'))).toEqual([true, false, false]);
    expect(entries.map((e) => !!e.querySelector('.entry-tools'))).toEqual([false, true, true]);
    expect(entries.map((e) => e.querySelector('textarea')?.readOnly)).toEqual([true, false, false]);
    expect(desk.root.querySelector<HTMLOptionElement>('#f-faqs-2-city option[value=dongguan]')?.disabled).toBe(true);
  });

  it('locks what is common where only the other city handles the matter', async () => {
    await open(shown({ body: put(BODY, ['cities', 'shenzhen'], null) }));
    await act(() => { section.value = 'materials'; });
    const common = (): Element | null => desk.root.querySelector('.common-col');
    expect(common()?.textContent).toContain('只读');
    expect(common()?.querySelector('.add')).toBeNull();
    await act(() => { section.value = 'faqs'; });
    expect(desk.root.querySelector('#section-panel .add')).toBeNull();
    await open(shown({ body: put(BODY, ['cities', 'dongguan'], null) }));
    await act(() => { section.value = 'materials'; });
    expect(common()?.querySelector('.add')).not.toBeNull();
  });

  it('locks the other city\'s places', async () => {
    const centre = { ...blankBody('centre', 'DG-A'), city: 'dongguan' };
    await open(shown({ kind: 'centre', key: 'DG-A', body: centre }));
    expect(desk.root.querySelector('#section-panel')?.textContent).toContain('只读');
    expect(desk.root.querySelector('#section-panel .add')).toBeNull();
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
    desk.answers['PUT /drafts/dft_1'] = () => json({ error: { code: 'edit_conflict', message: '有人先保存了', retryable: true, details: { current: now } } }, 409);
    desk.answers['GET /records/item/SG-HR-004'] = () => json(shown({ draft: now }));
    await act(async () => { await work.save(); });
    expect(work.conflict.value?.clashes.map((c) => c.path.join('.'))).toEqual(['summary.zh']);
    expect(desk.root.querySelector('dialog[open]')?.textContent).toContain('梁伟');
    await act(() => desk.root.querySelectorAll<HTMLInputElement>('.clash input')[1]?.click());
    await act(() => button('按此合并').click());
    expect(work.body.value).toMatchObject({ summary: { zh: '他的简介' }, name: { en: 'My card' }, result: { zh: '新卡' } });
    expect(work.draft?.version).toBe(2);
    expect(work.dirty.value).toBe(true);
  });

  it('shows what was published underneath and says that it was seen', async () => {
    const theirs = put(BODY, ['result'], { zh: '新卡', en: 'New card' }), mine = put(BODY, ['name', 'en'], 'My card');
    desk.answers['GET /drafts/dft_1/three-way'] = () => json({ base: BODY, current: theirs, draft: mine, theirs: [], ours: [], overlaps: [] });
    const work = await open(shown({ body: theirs, draft: { ...draft(mine), stale: true, current: 4 } }));
    await act(async () => { await vi.advanceTimersByTimeAsync(5); });
    expect(work.conflict.value?.kind).toBe('published');
    await act(() => button('按此合并').click());
    desk.answers['PUT /drafts/dft_1'] = () => json({ draft: draft(work.body.value, 2), changes: [], findings: [], may });
    await act(async () => { await work.save(); });
    expect(desk.calls.find((c) => c.method === 'PUT')?.body).toMatchObject({ rebase: true, body: { name: { en: 'My card' }, result: { zh: '新卡' } } });
  });

  it('does not lose the text when the server cannot be reached', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    await type(box('简介 中文'), '断网时写的');
    vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('offline'); }));
    await act(async () => { await work.save(); });
    expect(work.state.value).toBe('failed');
    expect(desk.root.textContent).toContain('没有连上服务器');
    expect(work.dirty.value).toBe(true);
  });
});
