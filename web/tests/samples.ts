/** One card of every type, for the tests. */
import type { AnswerCard, BundleCard, Card, CentresCard, CompareCard, State } from '../lib/types';

const source = { id: 's1', title: '东莞市住房公积金提取管理办法', url: 'https://example.gov.cn/a', doc_no: '东金管〔2025〕3号' };

export const state: State = {
  assistant: 'ready', mode: 'bot', ticket: null, position: null, wait_s: null, media: null, agent: null, consultation: null,
};

export const answer: AnswerCard = {
  type: 'answer', version: 1, lang: 'zh', code: 'SG-HF-005',
  name: { zh: '购房提取（东莞）', en: 'Home purchase withdrawal – Dongguan' },
  city: 'both', facet: 'overview', headline: '向东莞申请，3 个工作日到账。', summary: '', jurisdiction: '您在东莞缴存，由东莞受理。',
  claims: [{ text: '24 个月内可申请。', source, as_of: '2025-11-20', status: 'verified', facet: 'eligibility', city: 'dongguan' }],
  comparison: [
    { facet: 'time', label: '时限', shenzhen: '即时', dongguan: '3 个工作日', differs: true },
    { facet: 'fee', label: '费用', shenzhen: '免费', dongguan: '免费', differs: false },
    { facet: 'where', label: '地点', shenzhen: '管理部', dongguan: null, differs: true },
  ],
  differences: [],
  materials: [
    { id: 'm1', name: '身份证', need: 'required', note: '', originals: 1, copies: 0, city: 'both' },
    { id: 'm2', name: '购房合同', need: 'conditional', note: '已网签免交', originals: 1, copies: 1, city: 'both' },
    { id: 'm3', name: '无房证明', need: 'exempt', note: '', originals: 0, copies: 0, city: 'both' },
  ],
  channels: ['窗口'],
  actions: [
    { title: '多久', kind: 'say', token: 'tok' },
    { title: '转人工', kind: 'handoff' },
    { title: '坏链接', kind: 'link', url: 'javascript:alert(1)' },
  ],
  as_of: '2025-11-20', status: 'to_confirm', disclaimer: null, list_version: 'v1',
};

const tail = { actions: [{ title: '内容已过时？', kind: 'report' as const, token: 'r1' }], as_of: '2026-11-01', status: 'to_confirm' as const, disclaimer: '演示数据', list_version: 'v1' };

export const compare: CompareCard = {
  type: 'compare', version: 1, lang: 'zh', title: '租房提取：深圳与东莞对比', headline: '有 1 处不同：材料；相同：费用。', ...tail,
  columns: [{ title: '深圳', code: 'SG-HF-002', city: 'shenzhen' }, { title: '东莞', code: 'SG-HF-003', city: 'dongguan' }],
  rows: [
    { facet: 'documents', label: '材料', differs: true, cells: [{ text: '无房声明', sources: [source], as_of: '2025-11-20', status: 'verified' }, { text: null, sources: [] }] },
    { facet: 'fee', label: '费用', differs: false, cells: [{ text: '免费', sources: [source], as_of: '2025-11-20', status: 'verified' }, { text: '免费', sources: [source], as_of: '2025-11-20', status: 'verified' }] },
  ],
};

export const bundle: BundleCard = {
  type: 'bundle', version: 1, lang: 'zh', id: 'B-MOVE', name: { zh: '搬到另一座城市', en: 'Move' }, summary: '先登记新住址。', ...tail,
  questions: [{ id: 'has_car', text: '有汽车吗？', answer: null, options: [{ title: '是', token: 'y' }, { title: '否', token: 'n' }, { title: '还不确定', token: 'u' }] }],
  steps: [
    { number: 1, code: 'SG-PS-003', name: '居住登记', token: 's1', city: 'dongguan', where: '住在东莞，所以在东莞办理。', after: [], optional: false, condition: '', who: '本人', time: '当场', note: '' },
    { number: 2, code: 'SG-PS-004', name: '居住证申领', token: 's2', city: 'both', where: '住哪办哪', after: [1], optional: true, condition: '住满半年', who: '', time: '', note: '' },
  ],
  documents: [{ id: 'id_card', name: '居民身份证', need: 'required', originals: 1, copies: 1, steps: [1, 2], note: '' }],
  shared_fields: ['姓名'], total: '约 15 个工作日', source,
};

export const centres: CentresCard = {
  type: 'centres', version: 1, lang: 'zh', title: '龙华区：有自助终端的网点', total: 7, note: '法定节假日请先电话确认。', ...tail,
  centres: [{
    id: 'SZ-LHUA', name: '龙华区政务服务大厅', city: 'shenzhen', district: '龙华区', address: '龙华区某路', transit: '', hours: ['周一至周五 09:00–18:00'], open: false,
    windows: ['综合窗口 A1'], terminals: ['自助终端（24 小时）'], accessibility: ['无障碍通道'], phones: ['0755-12345678', '现场取号'], lat: 22.7, lon: 114, distance_m: 1540, source, as_of: '2026-11-01', status: 'to_confirm',
  }],
};

export const CARDS: Card[] = [
  compare, bundle, centres,
  answer,
  { type: 'choices', version: 1, lang: 'zh', prompt: '交在哪个城市？', choices: [{ title: '深圳', token: 'c1' }, { title: '东莞', token: 'c2' }] },
  {
    type: 'account', version: 1, lang: 'zh', kind: 'housing_fund', title: '住房公积金账户', holder: '陈*敏', actions: [],
    sides: [
      { city: 'shenzhen', state: 'ok', headline: '¥48,216.35', fields: [{ label: '月缴存额', value: '¥2,400.00' }], as_of: '2026-11-23T08:00:00Z' },
      { city: 'dongguan', state: 'unavailable', fields: [] },
    ],
  },
  { type: 'sign_in', version: 1, lang: 'zh', prompt: '请先登录', purpose: '', level: 'L2', sandbox: true, options: [{ issuer: 'shenzhen', title: 'i深圳', url: '/auth/shenzhen/start?return=/' }] },
  {
    type: 'form', version: 1, lang: 'zh', form: 'booking', title: '预约窗口', step: 1, steps: 2,
    fields: [{ name: 'phone', label: '手机号码', kind: 'phone', required: true, hint: '', choices: [], value: null }],
  },
  { type: 'checklist', version: 1, lang: 'zh', title: '出门前清单', items: [{ id: 'a', text: '户口簿', note: '' }], as_of: '2026-03-01' },
  { type: 'handoff', version: 1, lang: 'zh', prompt: '为您转接', modes: [], wait_s: 600, position: 5, state: 'queued', ticket: 't1', hotline: '12345' },
  { type: 'notice', version: 1, lang: 'zh', level: 'urgent', title: '', text: '请拨打 110', actions: [] },
  { type: 'rating', version: 1, lang: 'zh', prompt: '满意吗？', ticket: 't1', summary: '已说明材料。' },
];
