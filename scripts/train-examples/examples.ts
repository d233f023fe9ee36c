/** The example trainings, as data: what each needs of the data folder, and the command lines that carry it out. */

export type Example = {
  name: string;
  /** For people. */
  about: string;
  /** Files below the data folder. */
  files: readonly string[];
  /** `genesis train ...` for the dataset that was imported or simulated, with less to do where `quick`. */
  train: (dataset: string, quick: boolean) => string[];
  /** The metric of the model that is shown. */
  metric: string;
};

const fits = (quick: boolean): string[] => (quick ? ['--set', 'budget={"fits":60}'] : []);
const solubility = 'measured log solubility in mols per litre';

export const curveFiles = [
  'neutron/sans/sphere_80.txt',
  'neutron/sans/100nmPinholeSphere.txt',
  'neutron/sans/cyl_400_20.txt',
  'neutron/sans/apoferritin.txt',
  'neutron/sans/Ludox_silica.xml',
  'neutron/sans/ISIS_98929.TXT',
  'neutron/sans/33837rear_1D_1.75_16.5_CanSAS1D.xml',
] as const;

export const examples: readonly Example[] = [
  {
    ...{ name: 'steels', about: 'yield strength of steels, MPa', metric: 'mae' },
    files: ['materials/steels_yield.csv'],
    train: (dataset, quick) => ['tabular', dataset, '--target', 'target', ...fits(quick)],
  },
  {
    ...{ name: 'gaps', about: 'experimental band gaps, eV', metric: 'mae' },
    files: ['materials/expt_gap.csv'],
    train: (dataset, quick) => ['tabular', dataset, '--target', 'target', ...fits(quick)],
  },
  {
    ...{ name: 'esol', about: 'solubility of molecules (ESOL), log mol/l', metric: 'mae' },
    files: ['molecules/delaney-processed.csv'],
    train: (dataset, quick) => [
      ...['tabular', dataset, '--target', solubility, '--set', 'features=["smiles"]'],
      ...fits(quick),
    ],
  },
  {
    ...{ name: 'deep', about: 'first size of simulated curves, Å', metric: 'mae', files: [] },
    train: (dataset, quick) => [
      ...['deep', dataset, '--target', 'size', '--set', 'curve={"prefix":"q_"}'],
      ...(quick ? ['--set', 'steps=150', '--set', 'members=2'] : []),
    ],
  },
  {
    ...{ name: 'scattering', about: 'shape and sizes from a curve', metric: 'accuracy', files: curveFiles },
    train: (_dataset, quick) => ['scattering', ...(quick ? ['--set', 'quick=true'] : [])],
  },
];

/** What is chosen by names separated by commas; all of them without any. @throws Error naming what there is */
export function chosen(only: string | undefined): readonly Example[] {
  if (only === undefined) return examples;
  const names = only.split(',').map((name) => name.trim());
  const strange = names.find((name) => !examples.some((one) => one.name === name));
  if (strange !== undefined)
    throw new Error(
      `There is no training "${strange}"; there are: ${examples.map(({ name }) => name).join(', ')}.`,
    );
  return examples.filter(({ name }) => names.includes(name));
}
