/** Before the desk: sign-in, and the pages for "checking", "no answer" and "open in another tab". */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../lib/icons';
import { lang, setLang } from '../lib/prefs';
import { BrandMark, Button, Spinner } from '../lib/ui';
import { tl } from '../lib/i18n';
import { wakeSound } from './alerts';
import { ApiError, login } from './api';
import { begin, enter, expired, session, takeOver } from './app';
import { t } from './text';

function Frame({ children }: { children: ComponentChildren }): JSX.Element {
  const other = lang.value === 'zh' ? 'en' : 'zh';
  return (
    <div class="gate">
      <header class="gate-head">
        <div class="brand"><BrandMark /><div><h1>{t('product')}</h1><p>{t('desk')}</p></div></div>
        <button type="button" class="btn btn-quiet btn-sm" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => setLang(other)}>
          {other === 'zh' ? '中文' : 'English'}
        </button>
      </header>
      <main class="gate-main">{children}</main>
      <footer class="gate-foot">{t('gate.foot')}</footer>
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

function SignIn(): JSX.Element {
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
    wakeSound();
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
      await enter(await login(user.value.trim(), password.value, code.value));
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
      <h2 id="in-title">{t('signin.title')}</h2>
      {expired.value && <p class="gate-note tone-info"><Icon name="info" />{t('signin.expired')}</p>}
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

function Notice({ icon, title, text, action }: { icon: 'offline' | 'external'; title: string; text: string; action: JSX.Element }): JSX.Element {
  return (
    <div class="gate-card gate-notice" role="status">
      <Icon name={icon} /><h2>{title}</h2><p>{text}</p>{action}
    </div>
  );
}

/** Whatever stands before the desk. */
export function Gate(): JSX.Element {
  switch (session.value) {
    case 'out': return <Frame><SignIn /></Frame>;
    case 'elsewhere':
      return (
        <Frame>
          <Notice icon="external" title={t('elsewhere.title')} text={t('elsewhere.text')} action={<Button variant="primary" size="lg" onClick={() => { wakeSound(); void takeOver(); }}>{t('elsewhere.go')}</Button>} />
        </Frame>
      );
    case 'unreachable':
      return (
        <Frame>
          <Notice icon="offline" title={t('unreachable.title')} text={t('unreachable.text')} action={<Button variant="primary" size="lg" icon="refresh" onClick={() => void begin()}>{tl('retry')}</Button>} />
        </Frame>
      );
    default: return <Frame><div class="gate-wait"><Spinner label={tl('loading')} /></div></Frame>;
  }
}
