/** How people of the two cities sign in to their pages: name, password, one-time code. The page says what
 *  it is called and what to do with the one who got in. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../lib/icons';
import { lang, setLang } from '../lib/prefs';
import type { Agent } from '../lib/types';
import { BrandMark, Button } from '../lib/ui';
import { ApiError, login } from './http';
import { t } from './text';

/** The page around whatever stands before the work. `room`: the page's name; `foot`: the small print. */
export function Frame({ room, foot, children }: { room: string; foot: string; children: ComponentChildren }): JSX.Element {
  const other = lang.value === 'zh' ? 'en' : 'zh';
  return (
    <div class="gate">
      <header class="gate-head">
        <div class="brand"><BrandMark /><div><h1>{t('product')}</h1><p>{room}</p></div></div>
        <button type="button" class="btn btn-quiet btn-sm" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => setLang(other)}>
          {other === 'zh' ? '中文' : 'English'}
        </button>
      </header>
      <main class="gate-main">{children}</main>
      <footer class="gate-foot">{foot}</footer>
    </div>
  );
}

/** What to say for a refused sign-in; never which part was wrong. */
export function problemOf(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return t('signin.offline');
  const wait = Number(error.wire?.details?.retry_after_s ?? 0);
  if (error.wire?.code === 'desk_locked' && wait > 0) return t('signin.locked', { n: Math.ceil(wait / 60) });
  if (error.wire?.code === 'rate_limited') return t('signin.rate');
  if (error.status >= 500) return t('signin.server');
  return error.wire?.message || t('signin.bad');
}

export function SignInForm({ title, expired, onStart, onEnter }: {
  title: string; expired: boolean; onStart?: () => void; onEnter: (agent: Agent) => Promise<void> | void;
}): JSX.Element {
  const user = useSignal('');
  const password = useSignal('');
  const code = useSignal('');
  const shown = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal('');
  const missing = useSignal<ReadonlySet<string>>(new Set());
  const first = useRef<HTMLInputElement>(null);
  const codeBox = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy.value) return;
    onStart?.();
    const gaps = new Set<string>();
    if (!user.value.trim()) gaps.add('user');
    if (!password.value) gaps.add('password');
    if (!/^\d{6}$/.test(code.value)) gaps.add('code');
    missing.value = gaps;
    problem.value = '';
    if (gaps.size) {
      (event.currentTarget as HTMLFormElement).querySelector<HTMLInputElement>(`#in-${[...gaps][0]}`)?.focus();
      return;
    }
    busy.value = true;
    try {
      await onEnter(await login(user.value.trim(), password.value, code.value));
    } catch (error) {
      problem.value = problemOf(error);
      // A code works once: another try needs the next one.
      code.value = '';
      codeBox.current?.focus();
    } finally {
      busy.value = false;
    }
  };
  const bad = (key: string): boolean => missing.value.has(key);
  const hint = (key: string, text: string): JSX.Element | null => bad(key) ? <p class="field-problem" id={`in-${key}-bad`}><Icon name="warning" />{text}</p> : null;

  return (
    <form class="gate-card" onSubmit={(e) => void submit(e)} noValidate aria-labelledby="in-title">
      <h2 id="in-title">{title}</h2>
      {expired && <p class="gate-note tone-info"><Icon name="info" />{t('signin.expired')}</p>}
      <div class="field">
        <label class="field-label" for="in-user">{t('signin.user')}</label>
        <input
          id="in-user" ref={first} class="input" name="username" autoComplete="username" autoCapitalize="none" spellcheck={false} maxLength={64}
          value={user.value} aria-invalid={bad('user')} aria-describedby={bad('user') ? 'in-user-bad' : undefined}
          onInput={(e) => (user.value = e.currentTarget.value)}
        />
        {hint('user', t('signin.need_user'))}
      </div>
      <div class="field">
        <label class="field-label" for="in-password">{t('signin.password')}</label>
        <div class="with-eye">
          <input
            id="in-password" class="input" name="password" {...({ type: shown.value ? 'text' : 'password' } as { type: 'password' })} autoComplete="current-password" maxLength={200}
            value={password.value} aria-invalid={bad('password')} aria-describedby={bad('password') ? 'in-password-bad' : undefined}
            onInput={(e) => (password.value = e.currentTarget.value)}
          />
          <button type="button" class="icon-btn" aria-pressed={shown.value} aria-label={t('signin.show')} title={t('signin.show')} onClick={() => (shown.value = !shown.value)}>
            <Icon name={shown.value ? 'eye-off' : 'eye'} />
          </button>
        </div>
        {hint('password', t('signin.need_password'))}
      </div>
      <div class="field">
        <label class="field-label" for="in-code">{t('signin.code')}</label>
        <input
          id="in-code" ref={codeBox} class="input code-input num" name="totp" inputMode="numeric" autoComplete="one-time-code" maxLength={6} placeholder="······"
          value={code.value} aria-invalid={bad('code')} aria-describedby={bad('code') ? 'in-code-bad' : 'in-code-hint'}
          onInput={(e) => (code.value = e.currentTarget.value = e.currentTarget.value.replace(/\D/g, '').slice(0, 6))}
        />
        {hint('code', t('signin.need_code')) ?? <p class="field-hint" id="in-code-hint">{t('signin.code_hint')}</p>}
      </div>
      <div class="gate-problem" role="alert">{problem.value && <p class="gate-note tone-urgent"><Icon name="warning" />{problem.value}</p>}</div>
      <Button type="submit" variant="primary" size="lg" block busy={busy.value}>{t(busy.value ? 'signin.busy' : 'signin.go')}</Button>
      <details class="gate-demo">
        <summary><Icon name="info" />{t('signin.demo')}</summary>
        <p>{t('signin.demo_text')}</p>
      </details>
    </form>
  );
}

/** One sentence in the place of the form: no answer, another tab, not for you. */
export function Notice({ icon, title, text, action }: { icon: 'offline' | 'external' | 'info'; title: string; text: string; action: JSX.Element }): JSX.Element {
  return (
    <div class="gate-card gate-notice" role="status">
      <Icon name={icon} /><h2>{title}</h2><p>{text}</p>{action}
    </div>
  );
}
