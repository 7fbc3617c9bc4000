import { useRef, useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { patch, path } from '../../core/api';
import { faultOf, useFirstWrong } from '../../core/first-wrong';
import { number, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { reasonText } from '../../core/messages';
import { useCanChange } from '../../core/session';
import type { FieldValue } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { AreaField, Switch, TextField } from '../../ui/form';
import { Card, Loading, Note, RefusalNote } from '../../ui/page';
import type { TabProps } from './app-page';
import { fieldLabels } from './field-labels';
import { linesOf, titleOf, useFields, type FieldSchema } from './fields';
import { appTexts } from './texts';

/** What was typed, by the names of fields. Numbers are texts until they are saved. */
type Changes = Record<string, string | boolean>;

function valueOf(field: FieldSchema, typed: string | boolean): FieldValue {
  if (typeof typed === 'boolean') return typed;
  if (field.type === 'array') return linesOf(typed);
  return field.type === 'integer' && typed.trim() !== '' ? Number(typed) : typed;
}

const shownValue = (value: unknown) => (Array.isArray(value) ? value.join('\n') : String(value ?? ''));

/** Every field of an app. Only changed ones are sent, so a change by somebody else to another field stays. */
export function SettingsTab({ app, reload }: TabProps) {
  const t = useFormats(appTexts);
  const c = useText(common);
  const labels = useText(fieldLabels);
  const canChange = useCanChange();
  const { fields, description } = useFields();
  const [changes, setChanges] = useState<Changes>({});
  const body = Object.fromEntries(
    (fields ?? []).filter(({ name }) => name in changes).map((field) => [field.name, valueOf(field, changes[field.name]!)]),
  );
  const save = useAction(() => patch(path(['apps', app.id]), body));
  const form = useRef<HTMLFormElement>(null);
  useFirstWrong(form, save.refusal);
  if (!fields) {
    const { refusal, reload } = description;
    return refusal ? <RefusalNote refusal={refusal} retry={reload} /> : <Loading />;
  }

  const change = ({ name }: FieldSchema, value: string | boolean) => {
    save.reset();
    const { [name]: _, ...others } = changes;
    const before = typeof value === 'boolean' ? app[name] : shownValue(app[name]);
    setChanges(value === before ? others : { ...others, [name]: value });
  };
  const discard = () => {
    save.reset();
    setChanges({});
  };
  const textOf = ({ name }: FieldSchema) => String(changes[name] ?? shownValue(app[name]));
  const problemOf = ({ name }: FieldSchema) => {
    const fault = faultOf(save.refusal, name);
    return fault && reasonText(fault);
  };
  const label = ({ name }: FieldSchema) => labels[name]?.label ?? titleOf(name);
  const hint = ({ name, description }: FieldSchema) => labels[name]?.hint ?? description;
  const named = (name: string) => fields.find((field) => field.name === name);
  const [name, origins] = [named('name'), named('allowed_origins')];
  const count = Object.keys(changes).length;

  return (
    <form
      ref={form}
      class="settings"
      // The server says what is wrong, in the same words as everywhere.
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save.run().then((done) => {
          if (!done) return;
          setChanges({});
          reload();
        });
      }}
    >
      <Card>
        <div class="columns columns-even">
          {name && (
            <TextField label={t.name} value={textOf(name)} disabled={!canChange} onChange={(value) => change(name, value)} problem={problemOf(name)} />
          )}
          {origins && (
            <AreaField
              label={t.origins}
              hint={t.originsHint}
              value={textOf(origins)}
              disabled={!canChange}
              onChange={(value) => change(origins, value)}
              problem={problemOf(origins)}
              rows={3}
            />
          )}
        </div>
      </Card>
      <Card title={t.switches}>
        <div class="field-grid">
          {fields
            .filter(({ type, name }) => type === 'boolean' && name !== 'enabled')
            .map((field) => (
              <Switch
                key={field.name}
                label={label(field)}
                hint={hint(field)}
                checked={Boolean(changes[field.name] ?? app[field.name])}
                disabled={!canChange}
                onChange={(checked) => change(field, checked)}
              />
            ))}
        </div>
      </Card>
      <Card title={t.limits}>
        <p class="about">{t.limitsAbout}</p>
        <div class="field-grid">
          {fields
            .filter(({ type }) => type === 'integer')
            .map((field) => (
              <TextField
                key={field.name}
                type="number"
                label={label(field)}
                hint={`${hint(field)} ${t.range(number(field.minimum ?? 0), number(field.maximum ?? 0))}`}
                value={textOf(field)}
                min={field.minimum}
                max={field.maximum}
                disabled={!canChange}
                onChange={(value) => change(field, value)}
                problem={problemOf(field)}
              />
            ))}
        </div>
      </Card>
      {(count > 0 || save.isDone) && (
        <div class="save-bar">
          {save.refusal && <RefusalNote refusal={save.refusal} />}
          {save.isDone && <Note tone="good">{t.saved}</Note>}
          {count > 0 && (
            <div class="save-bar-line">
              <p>{t.unsaved(count)}</p>
              <Button onClick={discard}>{t.discard}</Button>
              <Button kind="primary" type="submit" disabled={save.isBusy}>
                {c.save}
              </Button>
            </div>
          )}
        </div>
      )}
    </form>
  );
}
