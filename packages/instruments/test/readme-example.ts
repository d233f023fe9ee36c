import { createReplay, measureSilica, SILICA_SPACE, trueSilica } from '@genesis/instruments';

// Make a batch of silica spheres, put it in the beam, fit the curve.
const design = { teos: 0.17, water: 6, ammonia: 1 }; // mol/L, inside SILICA_SPACE
const result = measureSilica(design, 'campaign-1/random/0');
if (result.status === 'measured') {
  console.log(`${result.diameterNm.toFixed(1)} ± ${result.uncertaintyNm.toFixed(1)} nm`);
} else {
  console.log(`${result.status}: ${result.reason}`);
}
console.log(`without noise: ${trueSilica(design).diameterNm.toFixed(1)} nm`);
console.log(SILICA_SPACE.map(({ name, min, max, unit }) => `${name} ${min} to ${max} ${unit}`).join(', '));

// Answer proposed designs from a table of measurements.
const replay = createReplay({
  inputs: ['solvent', 'temperature'],
  objective: 'yield',
  rows: [
    { solvent: 'DMAc', temperature: 90, yield: 10 },
    { solvent: 'DMAc', temperature: 90, yield: 14 },
    { solvent: 'BuCN', temperature: 105, yield: 26 },
  ],
});
console.log(`${replay.pool.length} designs`);
console.log(replay.truth({ solvent: 'DMAc', temperature: 90 }));
