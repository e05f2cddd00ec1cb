/** Every card type is drawn, says its facts in words, and asks the page for what is pressed. */
import { render } from 'preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CARD_TYPES, CardView, knownCard, type CardHost } from '../lib/cards';
import { hideDigits } from '../lib/cards/account';
import { headlineFacts, headlineGroups, headlineSteps, materialsText } from '../lib/cards/answer';
import { bundleText } from '../lib/cards/bundle';
import { fieldProblem } from '../lib/cards/dialogue';
import { safeUrl } from '../lib/format';
import type { Card, FormField } from '../lib/types';
import { CARDS, answer, bundle, centres, compare, state } from './samples';

const root = document.createElement('div');
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

function show(card: Card, host: CardHost = {}): string {
  render(null, root);
  render(<CardView card={card} host={host} />, root);
  return root.textContent ?? '';
}

const button = (name: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll('button')].find((b) => (b.textContent ?? '').includes(name) || b.getAttribute('aria-label') === name);
  if (!found) throw new Error(`no button ${name}`);
  return found as HTMLButtonElement;
};

beforeEach(() => {
  localStorage.clear();
  document.body.replaceChildren(root);
});

it('has a sample of every type, and draws each as a named region in its own language', () => {
  expect(CARDS.map((c) => c.type).sort()).toEqual([...CARD_TYPES].sort());
  for (const card of CARDS) {
    show(card);
    const region = root.querySelector('article');
    expect(region?.getAttribute('aria-label'), card.type).toBeTruthy();
    expect(region?.getAttribute('lang'), card.type).toBe('zh-CN');
  }
  expect(knownCard({ type: 'hologram' })).toBe(false);
});

describe('answer', () => {
  it('states the fact, the code, where to file, the source, the date and the status', () => {
    const text = show(answer);
    for (const part of ['SG-HF-005', '向东莞申请', '由东莞受理', '办法', '2025年11月20日', '演示数据']) expect(text).toContain(part);
  });

  it('marks differing rows in words, and only those', () => {
    show(answer);
    const rows = [...root.querySelectorAll('tbody tr')];
    expect(rows.map((r) => (r.textContent ?? '').includes('不同'))).toEqual([true, false, true]);
    expect(rows[1]?.textContent).toContain('清单所载一致');
    expect(rows[2]?.textContent).toContain('本市不办理');
  });

  it('puts the row that was asked for first', () => {
    show({ ...answer, facet: 'fee' });
    expect(root.querySelector('tbody tr')?.textContent).toContain('费用');
  });

  it('shows a headline of labelled facts in its parts, and a sentence as a sentence', () => {
    expect(headlineFacts('办理时限：3 个工作日 · 费用：免费')).toEqual([{ label: '办理时限', value: '3 个工作日' }, { label: '费用', value: '免费' }]);
    expect(headlineFacts('Time: 3 days · Fee: free')).toHaveLength(2);
    expect(headlineSteps('1. 先挂失 2. 到网点或在线申请 3. 领取')).toEqual(['先挂失', '到网点或在线申请', '领取']);
    expect(headlineSteps('费用 20 元')).toBeNull();
    expect(headlineFacts('费用：免费')).toBeNull();
    expect(headlineFacts('向东莞申请 · 很快')).toBeNull();
    expect(show({ ...answer, headline: '时限：3 日 · 费用：免费' })).toContain('3 日');
  });

  it('lists what many conditions lead with, below what they are', () => {
    const told = '清单没有单独说这种情况，请对照办理条件：入境后 30 天内申请；到期前 30 天申请延期；不能办的情形：短期旅游的；签证已过期的（先到出入境部门：处理）';
    expect(headlineGroups(told)).toEqual([
      { label: '清单没有单独说这种情况，请对照办理条件', items: ['入境后 30 天内申请', '到期前 30 天申请延期'] },
      { label: '不能办的情形', items: ['短期旅游的', '签证已过期的（先到出入境部门：处理）'] },
    ]);
    const english = 'You hold a business licence and the premises; You have staff and rules; When it cannot be done: Markets; Homes';
    expect(headlineGroups(english)?.map((group) => [group.label, group.items.length])).toEqual([['', 2], ['When it cannot be done', 2]]);
    expect(headlineGroups(`${told} · 办理时限：15 天`)?.at(-1)).toEqual({ label: '办理时限', items: ['15 天'] });
    expect(headlineGroups('免费；当场办；可代办')).toBeNull();
    expect(headlineGroups('开餐馆、奶茶店、食堂、卖散装食品，先有营业执照，再办食品经营许可，会上门查场地。法定 20 个工作日；新规 10 个')).toBeNull();
    show({ ...answer, headline: told });
    expect(root.querySelectorAll('.headline-groups li')).toHaveLength(4);
  });

  it('folds the channels away when the table compares them, and names their city', () => {
    show({ ...answer, channels: ['深圳：i深圳 App', '窗口'] });
    const list = root.querySelector('.channels');
    expect(list?.closest('details')?.open).toBe(true);
    expect(list?.textContent).toContain('i深圳 App');
    expect(list?.querySelectorAll('.city')).toHaveLength(1);
  });

  it('keeps ticks on the device and carries them into the text to share', async () => {
    show(answer);
    const box = root.querySelector<HTMLInputElement>('.ticks input');
    box?.click();
    await tick();
    expect(JSON.parse(localStorage.getItem('sg.tick.SG-HF-005') ?? '[]')).toEqual(['m1']);
    expect(root.textContent).toContain('已备 1/2');
    expect(materialsText(answer)).toContain('☑ 身份证');
    expect(materialsText(answer)).toContain('☐ 购房合同');
  });

  it('sends the token of a chip, opens the way to a person, and draws no unsafe link', () => {
    const host = { choose: vi.fn(), handoff: vi.fn() };
    show(answer, host);
    button('多久').click();
    expect(host.choose).toHaveBeenCalledWith('tok', '多久');
    button('转人工').click();
    expect(host.handoff).toHaveBeenCalled();
    expect(root.innerHTML).not.toContain('javascript:');
  });
});

describe('the depth of an answer', () => {
  const source = answer.claims[0]?.source ?? { id: 's', title: 's' };
  const deep = {
    ...answer,
    marks: ['最多跑 1 次'], result: '到账', phones: ['12329'],
    changes: [{ on: '2027-01-01', text: '2027-01-01 起：费用：10 元', facet: 'fee' as const, city: 'shenzhen' as const, source, status: 'verified' as const }],
    ways: [{ channel: 'app', name: 'i莞家', city: 'dongguan' as const, notes: ['需实名登录'], url: 'https://example.gov.cn/app', phone: '12345' }],
    steps: [{ text: '登录', city: 'shenzhen' as const, note: '' }, { text: '到网点', city: 'dongguan' as const, note: '由银行办理' }],
    faqs: [{ question: '能代办吗？', answer: '不能。', city: 'both' as const, source, as_of: '2026-11-01', status: 'verified' as const }],
    materials: [{ ...answer.materials[0]!, tags: ['自备'], hint: '写全名', form_url: 'javascript:alert(1)' }],
  };

  it('tells a coming change before the rest, with its city and source', () => {
    show(deep);
    const note = root.querySelector('[role=note]');
    expect(note?.textContent).toContain('2027-01-01 起：费用：10 元');
    expect(note?.querySelector('.city')).toBeTruthy();
    expect(note?.querySelector('a')?.getAttribute('href')).toBe('https://example.gov.cn/a');
  });

  it('has marks, ways, steps by city, questions, what one gets and a number to call', () => {
    const text = show(deep);
    for (const part of ['最多跑 1 次', '需实名登录', '由银行办理', '能代办吗？', '办理结果：到账', '自备', '写全名']) expect(text).toContain(part);
    expect(root.querySelectorAll('.step-list')).toHaveLength(2);
    expect([...root.querySelectorAll('a')].map((a) => a.getAttribute('href'))).toContain('tel:12329');
    expect(root.innerHTML).not.toContain('javascript:');
  });
});

describe('comparison, life event, places', () => {
  it('marks what differs in words, joins what is the same, and sources every cell', () => {
    const text = show(compare);
    const rows = [...root.querySelectorAll('tbody tr')];
    expect(rows.map((r) => (r.textContent ?? '').includes('不同'))).toEqual([true, false]);
    expect(rows[1]?.querySelectorAll('td')).toHaveLength(1);
    expect(rows[0]?.textContent).toContain('[1]');
    expect(text).toContain('办法');
  });

  it('says the answer and what it rests on line by line, each city with its own rule', () => {
    const told = { ...compare, headline: '费用：深圳：免费；东莞：免费。\n有 1 处不同：材料。', jurisdiction: '深圳：向深圳申请。\n东莞：向东莞申请。' };
    show(told);
    expect([...root.querySelectorAll('.headline-lines p')].map((line) => line.textContent)).toEqual(told.headline.split('\n'));
    expect(root.querySelector('.jurisdiction')?.textContent).toContain(told.jurisdiction);
  });

  it('calls what one side alone states neither different nor the same', () => {
    const [first] = compare.rows;
    if (!first) throw new Error('no row');
    show({ ...compare, rows: [{ ...first, differs: false }] });
    const row = root.querySelector('tbody tr');
    expect(row?.querySelectorAll('td')).toHaveLength(2);
    expect(row?.textContent).not.toContain('相同');
    expect(row?.textContent).not.toContain('不同');
  });

  it('answers a question of a life event by its token, and opens a step', async () => {
    const choose = vi.fn();
    show(bundle, { choose });
    expect(button('还不确定').getAttribute('aria-pressed')).toBe('true');
    button('是').click();
    expect(choose).toHaveBeenCalledWith('y', '有汽车吗？ 是');
    button('居住登记').click();
    expect(choose).toHaveBeenCalledWith('s1', '居住登记');
    root.querySelector<HTMLInputElement>('.ticks input')?.click();
    await tick();
    expect(bundleText(bundle)).toContain('☑ 居民身份证');
    const given = bundle.documents.map((d) => ({ ...d, note: '第 1 步办好后拿到' }));
    expect(bundleText({ ...bundle, documents: given })).toContain('第 1、2 步要用 · 第 1 步办好后拿到');
    expect(root.textContent).toContain('在第 1 步之后');
  });

  it('says in words whether a place is open, how far it is, and dials only numbers', () => {
    const text = show(centres);
    for (const part of ['现在不营业', '约 1.5 公里', '显示 1 处，共 7 处', '周一至周五', '无障碍通道']) expect(text).toContain(part);
    expect([...root.querySelectorAll('a[href^="tel:"]')].map((a) => a.getAttribute('href'))).toEqual(['tel:075512345678']);
  });

  it('sends a report as outdated from every card of the list', () => {
    for (const card of [compare, bundle, centres]) {
      const choose = vi.fn();
      show(card, { choose });
      button('内容已过时').click();
      expect(choose).toHaveBeenCalledWith('r1', '内容已过时？');
    }
  });
});

it('shows one city while the other is down, and hides amounts on request', async () => {
  const text = show(CARDS.find((c) => c.type === 'account') as Card);
  expect(text).toContain('¥48,216.35');
  expect(text).toContain('暂时无法查询');
  button('隐藏金额').click();
  await tick();
  expect(root.textContent).not.toContain('48,216');
  expect(hideDigits('¥48,216.35')).toBe('¥••••');
});

it('offers choices only while they are open', () => {
  const choose = vi.fn();
  const card = CARDS.find((c) => c.type === 'choices') as Card;
  show(card, { choose, live: false });
  button('深圳').click();
  expect(button('深圳').getAttribute('aria-disabled')).toBe('true');
  expect(choose).not.toHaveBeenCalled();
  show(card, { choose, live: true });
  button('深圳').click();
  expect(choose).toHaveBeenCalledWith('c1', '深圳');
});

it('names what else may be meant in short, to be taken once', async () => {
  const choose = vi.fn();
  const card: Card = {
    type: 'choices', version: 1, lang: 'zh', aside: true, prompt: '我按「食品经营许可」来理解。不是的话：',
    choices: [{ title: '老年优待证', code: 'SG-TR-004', token: 'c3' }],
  };
  expect(show(card, { choose, live: true })).toContain('我按「食品经营许可」来理解');
  button('老年优待证').click();
  expect(choose).toHaveBeenCalledWith('c3', '老年优待证');
  await tick();
  expect(button('老年优待证').getAttribute('aria-pressed')).toBe('true');
  show(card, { choose, live: false });
  button('老年优待证').click();
  expect(choose).toHaveBeenCalledTimes(1);
});

it('follows the live queue of its own ticket and no other', () => {
  const card = CARDS.find((c) => c.type === 'handoff') as Card;
  const queued = { ...state, mode: 'queued' as const, ticket: 't1', position: 2, wait_s: 120 };
  expect(show(card, { state: queued })).toContain('您排在第 2 位');
  expect(show(card, { state: { ...queued, ticket: 'other' } })).not.toContain('您排在');
  expect(show(card)).toContain('您排在第 5 位');
  expect(show(card, { state: { ...queued, mode: 'human', agent: { name: '王晓敏', city: 'dongguan' } } })).toContain('王晓敏 已接入');
});

it('takes a rating once', async () => {
  const rate = vi.fn(() => true);
  const card = CARDS.find((c) => c.type === 'rating') as Card;
  show(card, { rate });
  root.querySelectorAll<HTMLInputElement>('input[type=radio]')[3]?.click();
  await tick();
  button('提交评价').click();
  await tick();
  expect(rate).toHaveBeenCalledWith('t1', 4, '');
  expect(root.textContent).toContain('感谢');
  expect(show(card, { rate })).toContain('感谢');
});

it('checks a field before it is sent', () => {
  const field = (kind: FormField['kind']): FormField => ({ name: 'x', label: 'x', kind, required: true, hint: '', choices: [] });
  expect(fieldProblem(field('phone'), '12345')).toBe('form.bad_phone');
  expect(fieldProblem(field('phone'), '138 0013 8000')).toBeNull();
  expect(fieldProblem(field('number'), '1,200.50')).toBeNull();
  expect(fieldProblem(field('number'), 'abc')).toBe('form.bad_number');
  expect(fieldProblem(field('text'), ' ')).toBe('form.required');
});

it('opens only safe addresses', () => {
  expect(safeUrl('/auth/shenzhen/start')).toBe('/auth/shenzhen/start');
  expect(safeUrl('https://example.gov.cn')).toBe('https://example.gov.cn');
  expect(safeUrl('tel:12345')).toBe('tel:12345');
  for (const bad of ['javascript:alert(1)', '//evil.example', '/\\evil.example', 'data:text/html,x', '']) expect(safeUrl(bad)).toBeNull();
});
