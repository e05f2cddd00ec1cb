/** One card of every type, for the tests. */
import type { AnswerCard, Card, State } from '../lib/types';

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

export const CARDS: Card[] = [
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
