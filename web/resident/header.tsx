/** The head of the page: who we are, language, settings, and always a person. */
import type { JSX } from 'preact';
import { lang } from '../lib/prefs';
import { Badge, BrandMark, Button, IconButton } from '../lib/ui';
import { chat, sheet, toPerson } from './app';
import { t } from './text';

export function Header({ sandboxTag }: { sandboxTag: boolean }): JSX.Element {
  const other = lang.value === 'zh' ? 'en' : 'zh';
  return (
    <header class="head">
      <div class="head-brand">
        <BrandMark />
        <div class="head-name">
          {/* a hyphen at which a narrow screen may not break */}
          <h1>{t('app.name').replace('-', '\u2011')}</h1>
          {sandboxTag && <span title={t('sandbox')}><Badge tone="warning">{lang.value === 'zh' ? '演示' : 'Demo'}</Badge></span>}
          <p>{t('app.tagline')}</p>
        </div>
      </div>
      <div class="head-tools">
        <button
          type="button" class="lang-btn" lang={other === 'en' ? 'en' : 'zh-CN'} aria-label={t('set.switch_lang')}
          onClick={() => chat.switchLang(other)}
        >
          {other === 'en' ? 'EN' : '中文'}
        </button>
        <IconButton icon="text" label={t('app.settings')} onClick={() => (sheet.value = 'settings')} />
        <Button class="human-btn" variant="primary" icon="headset" onClick={() => toPerson()}>{t('app.human')}</Button>
      </div>
    </header>
  );
}
