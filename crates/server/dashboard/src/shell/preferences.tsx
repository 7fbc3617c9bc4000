import { chooseLocale, locale, useText, type Locale } from '../core/locale';
import { useStore } from '../core/store';
import { chooseTheme, theme, type Theme } from '../core/theme';
import { Choice } from '../ui/form';
import { Icon } from '../ui/icon';
import { shellTexts } from './texts';

const THEMES: { value: Theme; icon: 'auto' | 'sun' | 'moon' }[] = [
  { value: 'auto', icon: 'auto' },
  { value: 'light', icon: 'sun' },
  { value: 'dark', icon: 'moon' },
];

/** The theme and the language. */
export function Preferences() {
  const t = useText(shellTexts);
  const themes = THEMES.map(({ value, icon }) => ({ value, name: t.themes[value], label: <Icon name={icon} size={16} /> }));
  return (
    <div class="preferences">
      <Choice<Theme> label={t.theme} value={useStore(theme)} options={themes} onChange={chooseTheme} />
      <Choice<Locale>
        label={t.language}
        value={useStore(locale)}
        options={[
          { value: 'en', label: 'EN', name: 'English' },
          { value: 'fr', label: 'FR', name: 'Français' },
        ]}
        onChange={chooseLocale}
      />
    </div>
  );
}
