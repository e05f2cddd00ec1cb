/** Dates and times are the cities', wherever the reader's device is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clock, day, dayKey, moment } from '../lib/format';

describe.each(['America/New_York', 'Asia/Shanghai', 'Pacific/Auckland'])('on a device set to %s', (zone) => {
  beforeEach(() => { vi.stubEnv('TZ', zone); });
  afterEach(() => { vi.unstubAllEnvs(); });

  it('an instant is read in the time of both cities', () => {
    expect(clock('2026-11-30T17:05:00Z', 'zh')).toBe('01:05');
    expect(moment('2026-11-30T17:05:00Z', 'zh')).toBe('2026年12月1日 01:05');
    expect(moment('2026-11-30T17:05:00Z', 'en')).toBe('1 Dec 2026 01:05');
    expect(moment('2026-12-01T09:00:00+08:00', 'zh')).toBe('2026年12月1日 09:00');
  });

  it('what names no zone is meant there', () => {
    expect(day('2026-03-01', 'zh')).toBe('2026年3月1日');
    expect(day('2026-03-01', 'en')).toBe('1 Mar 2026');
    expect(moment('2026-03-01T23:30', 'zh')).toBe('2026年3月1日 23:30');
    expect(day('soon', 'zh')).toBe('soon');
  });

  it('a day begins at midnight there', () => {
    expect(dayKey('2026-11-30T15:59:59Z')).toBe('Mon Nov 30 2026');
    expect(dayKey('2026-11-30T16:00:00Z')).toBe('Tue Dec 01 2026');
  });
});
