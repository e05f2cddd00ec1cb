/** The list desk under an editor's hands: typing, taking out and putting back, saving twice, an ended session. */
import { act } from 'preact/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LearnView } from '../admin/learn';
import { filters, open as openRecord, openProblem, round, section, work as current } from '../admin/app';
import { expired, type Body, type QuestionGroup } from '../admin/api';
import { List } from '../admin/list';
import { Preview } from '../admin/side';
import { at, put } from '../admin/paths';
import { PublishView } from '../admin/publish';
import { blankBody } from '../admin/schema';
import { asking, unsaved, Work } from '../admin/work';
import { numberIn, decimalIn, printable, written } from '../admin/written';
import { after, BODY, box, button, desk, draft, json, may, mount, onDesk, open, refused, shown, type } from './admin-desk';

const field = <T extends HTMLElement = HTMLInputElement>(id: string): T => {
  const found = document.getElementById(id) as T | null;
  if (!found) throw new Error(id);
  return found;
};
/** One character after the other, each seen by the page before the next. */
async function keys(node: HTMLInputElement, text: string): Promise<void> {
  await type(node, '');
  for (const c of text) await type(node, node.value + c);
}
const blur = (node: HTMLElement): Promise<void> => act(() => { node.dispatchEvent(new Event('blur')); });
const draftOf = (body: Body, version = 1): Response => json({ draft: draft(body, version), changes: [], findings: [], may: { ...may, submit: true } });

const PAIR = { id: 'p1', text: '卡丢了', lang: 'zh', code: 'SG-HR-007', clicks: 2, up: 1, down: 0, last_day: '2026-12-01', state: 'pending', reviewed_by: null, why: null, standing: null, personal: [] };

describe('what is typed', () => {
  it('is a number as far as it is one', () => {
    expect(numberIn('22.')).toBe(22);
    expect(numberIn('-22.54')).toBe(-22.54);
    expect(numberIn('２０')).toBe(20);
    expect(numberIn('三天')).toBe('三天');
    expect(numberIn('0x10')).toBe('0x10');
    expect(decimalIn('20.50')).toBe('20.50');
    expect(decimalIn('20.')).toBe('20');
  });

  it('loses what no record may hold, and the caret stays', () => {
    expect(printable('身份证\u0007\u200b\u000b首页\t\ufeff')).toBe('身份证\n首页 ');
    const node = document.createElement('textarea');
    node.value = 'a\u0007bc';
    node.setSelectionRange(3, 3);
    expect(written(node)).toBe('abc');
    expect(node.value).toBe('abc');
    expect(node.selectionStart).toBe(2);
  });
});

describe('writing', () => {
  onDesk();

  it('takes a decimal point and spaces key by key; what is kept is plain', async () => {
    const centre = { ...blankBody('centre', 'SZ-FT'), name: { zh: '福田', en: 'Futian' } };
    const work = await open(shown({ kind: 'centre', key: 'SZ-FT', body: centre }));
    await keys(field('f-lat'), '22.5431');
    expect(field('f-lat').value).toBe('22.5431');
    expect(work.value(['lat'])).toBe(22.5431);
    await keys(field('f-lat'), '22.');
    expect(field('f-lat').value).toBe('22.');
    await blur(field('f-lat'));
    expect(field('f-lat').value).toBe('22');
    const item = await open(shown({ body: { ...BODY, catalog_code: null } }));
    await keys(field('f-catalog_code'), ' 0755 1234 ');
    expect(field('f-catalog_code').value).toBe(' 0755 1234 ');
    expect(item.value(['catalog_code'])).toBe('0755 1234');
    await blur(field('f-catalog_code'));
    expect(field('f-catalog_code').value).toBe('0755 1234');
  });

  it('puts an entry that was taken out back in its place, with what was written since', async () => {
    const entry = (id: string): Body => ({ id, name: { zh: id, en: id }, need: 'required' });
    const work = await open(shown({ body: put(BODY, ['common', 'materials'], [entry('a'), entry('b'), entry('c')]) }));
    await act(() => { section.value = 'materials'; });
    await act(() => field('f-common-materials-1').click());
    await act(() => desk.root.querySelector<HTMLButtonElement>('[aria-label="删除：b"]')?.click());
    await after(100);
    expect(desk.root.querySelector('.undo')?.textContent).toContain('已删除：b');
    expect(document.activeElement?.id).toBe('f-common-materials-1');
    await act(() => work.set(['common', 'materials', 0, 'name', 'zh'], '改过'));
    await act(() => button('撤销').click());
    await after(700);
    expect((work.value(['common', 'materials']) as Body[]).map((m) => m.id)).toEqual(['a', 'b', 'c']);
    expect(work.value(['common', 'materials', 0, 'name', 'zh'])).toBe('改过');
    expect(document.activeElement?.id).toBe('f-common-materials-1');
    expect(work.undo()).toBe(false);
  });

  it('puts back a city, a line and a group, the latest first', async () => {
    const body = put(put(BODY, ['common', 'phones'], ['12345', '12329']), ['jurisdiction'], { deciding_fact: 'none', text: { zh: '不限', en: 'any' } });
    const work = await open(shown({ body }));
    const before = work.body.peek();
    await act(() => { work.remove(['cities', 'shenzhen'], null, '深圳'); work.remove(['common', 'phones'], 0, '12345'); work.remove(['jurisdiction'], null, '归属'); });
    expect(work.value(['cities', 'shenzhen'])).toBeNull();
    expect(work.value(['common', 'phones'])).toEqual(['12329']);
    await act(() => { work.undo(); work.undo(); work.undo(); });
    expect(work.body.value).toEqual(before);
    expect(work.dirty.value).toBe(false);
  });

  it('lets a second save wait for the first, so that nobody conflicts with himself', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    const waiting: ((r: Response) => void)[] = [];
    desk.answers['PUT /drafts/dft_1'] = () => new Promise((done) => { waiting.push(done); });
    await type(box('简介 中文'), '第一次');
    const first = work.save();
    await type(box('简介 中文'), '第一次，继续');
    expect(work.state.value).toBe('saving');
    const second = work.save();
    await after(10);
    const puts = (): Body[] => desk.calls.filter((c) => c.method === 'PUT').map((c) => c.body);
    expect(puts()).toHaveLength(1);
    await act(async () => { waiting[0]?.(draftOf(put(BODY, ['summary', 'zh'], '第一次'), 2)); await first; });
    await after(10);
    expect(puts()).toHaveLength(2);
    expect(puts()[1]).toMatchObject({ version: 2, body: { summary: { zh: '第一次，继续' } } });
    await act(async () => { waiting[1]?.(draftOf(work.body.peek(), 3)); await second; });
    expect(work.conflict.value).toBeNull();
    expect(work.state.value).toBe('saved');
  });

  it('says that it was not reached only as long as it is not', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    await type(box('简介 中文'), '断网时写的');
    const online = globalThis.fetch;
    vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('offline'); }));
    await act(async () => { await work.save(); });
    await after(400);
    expect(work.problem.value).toContain('没有连上服务器');
    expect(work.trialProblem.value).not.toBe('');
    vi.stubGlobal('fetch', online);
    await after(4500);
    expect(work.problem.value).toBe('');
    expect(work.trialProblem.value).toBe('');
    expect(desk.root.querySelector('#save-state')?.textContent).toContain('有未保存的改动');
  });

  it('leads from a refused draft to the field that is wrong, also in a folded entry', async () => {
    const body = put(BODY, ['common', 'materials'], [{ id: 'a', name: { zh: '身份证', en: '' }, need: 'required' }]);
    const found = { level: 'error', where: 'SG-HR-004 common.materials[0].name', problem: 'text is missing in zh or en' };
    desk.answers['POST /preview'] = () => json({ cards: null, findings: [{ ...found, path: 'common.materials.0.name' }], changes: [] });
    desk.answers['POST /drafts/dft_1/submit'] = () => refused('draft_invalid', 422, { findings: [found, { ...found, where: 'SG-HR-009 name' }] });
    const work = await open(shown({ body, draft: draft(body) }));
    await act(async () => { await work.submit(); });
    await after(1000);
    expect(section.value).toBe('materials');
    expect(document.activeElement?.id).toBe('f-common-materials-0-name-en');
    expect(desk.root.querySelector('#save-state')?.className).toContain('save-failed');
    expect(desk.root.querySelector('.notes')?.textContent).toContain('SG-HR-009 › 名称');
    await type(box('名称 英文'), 'Id card');
    expect(work.problem.value).toBe('');
  });

  it('keeps the text and the page when the session ends, and does not call an old preview new', async () => {
    const work = await open(shown({ draft: draft(BODY) }));
    await mount(<Preview work={work} />);
    desk.answers['POST /preview'] = () => json({ cards: { zh: null, en: null }, findings: [], changes: [] });
    await after(400);
    const gone = (): Response => refused('desk_sign_in', 401);
    desk.answers['POST /preview'] = gone;
    desk.answers['PUT /drafts/dft_1'] = gone;
    await act(() => work.set(['summary', 'zh'], '过期后写的'));
    await after(400);
    expect(expired.value).toBe(true);
    expect(asking.value).toBe(false);
    expect(desk.root.textContent).not.toContain('按当前');
    await act(async () => { await work.save(); });
    expect(asking.value).toBe(true);
    expect(work.problem.value).toContain('登录已过期');
    expect(at(work.body.value, ['summary', 'zh'])).toBe('过期后写的');
    desk.answers['POST /preview'] = () => json({ cards: null, findings: [], changes: [] });
    await act(async () => { await work.tryNow(); });
    expect(expired.value).toBe(false);
    expect(work.problem.value).toBe('');
  });
});

describe('a record nobody knows yet', () => {
  onDesk();
  const key = 'SG-HR-088';
  const fresh = (): Work => new Work(shown({ key, revision: null, body: null }), 'me', blankBody('item', key));

  it('is kept only once something was written, and found again by its address and in the list', async () => {
    fresh().close();
    expect(unsaved('me')).toEqual([]);
    const work = fresh();
    work.set(['name', 'zh'], '新事项');
    work.close();
    expect(unsaved('me')).toMatchObject([{ kind: 'item', key, new: true }]);
    expect(unsaved('somebody')).toEqual([]);
    await act(async () => { await openRecord('item', key); });
    expect(openProblem.value).toBe('');
    expect(current.value?.value(['name', 'zh'])).toBe('新事项');
    await act(async () => { await openRecord('item', 'SG-HR-089'); });
    expect(openProblem.value).not.toBe('');
    desk.answers['GET /records'] = () => json({ items: [], total: 0, page: 1, page_size: 60 });
    await mount(<List />);
    await after(20);
    expect(desk.root.querySelector(`[data-row="${key}"]`)?.textContent).toContain('新事项');
    expect(desk.root.querySelector(`[data-row="${key}"]`)?.textContent).toContain('有未保存的内容');
    await act(() => { filters.value = { ...filters.value, q: '别的' }; });
    await after(400);
    expect(desk.root.querySelector(`[data-row="${key}"]`)).toBeNull();
    filters.value = { ...filters.value, q: '' };
  });
});

describe('other views', () => {
  onDesk();
  afterEach(() => { round.value += 1; });

  it('shows the nearest services by name, chooses none, and passes the focus on when one is done', async () => {
    const group = (id: string, text: string): QuestionGroup => ({ ids: [id], text, lang: 'zh', texts: [text], asked: 1, last_day: '2026-12-01', nearest: ['SG-HR-007', 'SG-HR-004'], personal: [] });
    let groups = [group('q1', '鹦鹉丢了'), group('q2', '卡丢了')];
    desk.answers['GET /questions'] = () => json({ groups, wordings: 2 });
    desk.answers['GET /records'] = () => json({ items: [{ key: 'SG-HR-004', name: { zh: '社保卡补换', en: 'Card' } }, { key: 'SG-HR-007', name: { zh: '社保卡挂失', en: 'Loss' } }], total: 2, page: 1, page_size: 200 });
    await mount(<LearnView />);
    await after(20);
    const cards = (): HTMLElement[] => [...desk.root.querySelectorAll<HTMLElement>('.tasks > li')];
    expect(cards()[0]?.textContent).toContain('社保卡挂失');
    expect(desk.root.querySelectorAll('input[type=radio]:checked[name^=near]')).toHaveLength(0);
    await act(() => button('加为说法').click());
    expect(desk.root.textContent).toContain('请填写事项编号');
    expect(document.activeElement?.id).toBe('code-q1');
    expect(desk.calls.some((c) => c.path === '/questions/wording')).toBe(false);
    await act(() => cards()[0]?.querySelectorAll<HTMLInputElement>('input[type=radio]')[1]?.click());
    expect(cards()[0]?.textContent).toContain('加到：社保卡补换（SG-HR-004）');
    desk.answers['POST /questions/wording'] = () => json({ draft: null });
    button('加为说法').focus();
    groups = groups.slice(1);
    await act(() => button('加为说法').click());
    await after(100);
    await after(100);
    expect(desk.calls.find((c) => c.path === '/questions/wording')?.body).toMatchObject({ code: 'SG-HR-004', text: '鹦鹉丢了' });
    expect(cards()).toHaveLength(1);
    expect(document.activeElement).toBe(cards()[0]);
  });

  it('takes a wording that may be personal only from an editor who is sure', async () => {
    desk.answers['GET /questions'] = () => json({ groups: [], wordings: 0 });
    desk.answers['GET /pairs'] = () => json({ pairs: [{ ...PAIR, text: '王小明的卡丢了', personal: ['王小明'] }] });
    desk.answers['POST /pairs/p1'] = () => json({ draft: null });
    await mount(<LearnView />);
    await after(20);
    await act(() => desk.root.querySelector<HTMLInputElement>('input[value=pairs]')?.click());
    await after(50);
    expect(desk.root.textContent).toContain('可能还有个人信息：王小明');
    const accept = (): Promise<void> => act(() => desk.root.querySelector<HTMLButtonElement>('.task .btn-primary')?.click());
    await accept();
    expect(document.activeElement?.id).toBe('sure-p1');
    expect(desk.calls.some((c) => c.path === '/pairs/p1')).toBe(false);
    await act(() => field('sure-p1').click());
    await accept();
    expect(document.activeElement?.id).toBe('why-p1');
    expect(desk.calls.some((c) => c.path === '/pairs/p1')).toBe(false);
    await type(field('why-p1'), '是补卡');
    await accept();
    await after(20);
    expect(desk.calls.find((c) => c.path === '/pairs/p1')?.body).toMatchObject({ verdict: 'accept', why: '是补卡', sure: true });
  });

  it('shows why a wording was decided on and where it stands, and puts a rejected one back', async () => {
    desk.answers['GET /questions'] = () => json({ groups: [], wordings: 0 });
    desk.answers['POST /pairs/p1'] = () => json({ draft: null });
    const choose = async (value: string): Promise<void> => {
      await act(() => desk.root.querySelector<HTMLInputElement>(`input[value=${value}]`)?.click());
      await after(50);
    };
    await mount(<LearnView />);
    await after(20);
    desk.answers['GET /pairs'] = () => json({ pairs: [{ ...PAIR, state: 'accepted', reviewed_by: '梁伟', why: '常这么问', standing: 'waiting' }] });
    await choose('pairs');
    await choose('accepted');
    expect(desk.root.textContent).toContain('在草稿里，等第二人审核');
    expect(desk.root.textContent).toContain('上次由 梁伟 处理：常这么问');
    expect(desk.root.querySelector('.task .btn')).toBeNull();
    desk.answers['GET /pairs'] = () => json({ pairs: [{ ...PAIR, state: 'rejected', reviewed_by: '梁伟', why: '看不懂' }] });
    await choose('rejected');
    await type(field('why-p1'), '其实是补卡');
    await act(() => button('放回待审').click());
    expect(desk.calls.find((c) => c.path === '/pairs/p1')?.body).toMatchObject({ verdict: 'reopen', why: '其实是补卡' });
  });

  it('sends nothing for a time that has passed', async () => {
    vi.setSystemTime('2026-12-01T01:00:00Z');
    desk.answers['GET /drafts'] = () => json({ drafts: [{ ...draft(BODY), state: 'approved' }] });
    desk.answers['GET /versions'] = () => json({ versions: [] });
    await mount(<PublishView />);
    await after(20);
    await type(field('pub-why'), '试');
    await act(() => desk.root.querySelectorAll<HTMLInputElement>('input[name=when]')[1]?.click());
    await type(field('pub-when'), '2026-12-01T08:00');
    await act(() => { desk.root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })); });
    expect(desk.root.textContent).toContain('这个时间已经过去');
    expect(document.activeElement?.id).toBe('pub-when');
    expect(desk.calls.some((c) => c.method === 'POST' && c.path === '/versions')).toBe(false);
  });
});
