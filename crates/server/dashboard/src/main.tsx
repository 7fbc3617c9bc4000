import { render } from 'preact';

import { applyLocale } from './core/locale';
import { loadSession } from './core/session';
import { applyTheme } from './core/theme';
import { App } from './shell/app';
import './styles/index.css';

applyTheme();
applyLocale();
void loadSession();
render(<App />, document.getElementById('app')!);
