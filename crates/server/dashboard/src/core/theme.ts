import { save, saved } from './saved';
import { Store } from './store';

export type Theme = 'auto' | 'light' | 'dark';

const isTheme = (value: string | null): value is Theme => value === 'light' || value === 'dark' || value === 'auto';

const initial = saved('theme');

export const theme = new Store<Theme>(isTheme(initial) ? initial : 'auto');

theme.subscribe(applyTheme);

/** Without the attribute the style sheet follows the system. */
export function applyTheme(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
}

export function chooseTheme(choice: Theme): void {
  save('theme', choice === 'auto' ? null : choice);
  theme.set(choice);
}
