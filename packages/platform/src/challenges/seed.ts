/**
 * The 26 national science and technology challenges that the US Department of Energy announced on 12 February 2026.
 * Names follow reports of the announcement; the areas, and the numbers from 18 on, are our reading of it.
 */
export const nationalChallenges = [
  {
    number: 1,
    name: 'Reenvisioning Advanced Manufacturing',
    area: 'advanced manufacturing',
    summary: 'bridge research and production',
  },
  {
    number: 2,
    name: 'Scaling the Biotechnology Revolution',
    area: 'biotechnology',
    summary: 'AI-designed products and biomanufacturing',
  },
  {
    number: 3,
    name: "Securing America's Critical Minerals Supply",
    area: 'critical materials',
    summary: 'discovery and processing of critical minerals',
  },
  {
    number: 4,
    name: 'Delivering Nuclear Energy: Faster, Safer, Cheaper',
    area: 'nuclear fission',
    summary: 'reactor design, licensing and operation',
  },
  {
    number: 5,
    name: 'Accelerating Delivery of Fusion Energy',
    area: 'nuclear fusion',
    summary: 'integrated digital twins of fusion plants',
  },
  {
    number: 6,
    name: 'Transforming Nuclear Cleanup and Restoration',
    area: 'nuclear fission',
    summary: 'hazardous-waste robotics and site restoration',
  },
  {
    number: 7,
    name: 'Discovering Quantum Algorithms with AI',
    area: 'quantum information science',
    summary: 'new algorithms for quantum computers',
  },
  {
    number: 8,
    name: 'Realizing Quantum Systems for Discovery',
    area: 'quantum information science',
    summary: 'automated fabrication of quantum hardware',
  },
  {
    number: 9,
    name: 'Recentering Microelectronics in America',
    area: 'semiconductors and microelectronics',
    summary: 'design and manufacture of microelectronics',
  },
  {
    number: 10,
    name: 'Securing U.S. Leadership in Data Centers',
    area: 'semiconductors and microelectronics',
    summary: 'energy footprint of data centers',
  },
  {
    number: 11,
    name: 'Achieving AI-Driven Autonomous Laboratories',
    area: 'discovery science',
    summary: 'closed-loop experiments',
  },
  {
    number: 12,
    name: 'Designing Materials with Predictable Functionality',
    area: 'discovery science',
    summary: 'materials design from years to months',
  },
  {
    number: 13,
    name: 'Enhancing Particle Accelerators for Discovery',
    area: 'discovery science',
    summary: 'autonomous control of accelerators',
  },
  {
    number: 14,
    name: 'Unifying Physics from Quarks to the Cosmos',
    area: 'discovery science',
    summary: 'synthesis of physics across scales',
  },
  {
    number: 15,
    name: 'Predicting U.S. Water for Energy',
    area: 'energy',
    summary: 'water forecasts for energy systems',
  },
  {
    number: 16,
    name: 'Scaling the Grid to Power the American Economy',
    area: 'energy',
    summary: 'grid decisions 20 to 100 times faster',
  },
  {
    number: 17,
    name: 'Unleashing Subsurface Strategic Energy Assets',
    area: 'energy',
    summary: 'models of the underground',
  },
  {
    number: 18,
    name: 'Reimagining Construction and Operation of Buildings',
    area: 'energy',
    summary: 'better buildings',
  },
  {
    number: 19,
    name: "Harnessing America's Historic Nuclear Data",
    area: 'national security',
    summary: '80 years of records as a secure searchable resource',
  },
  {
    number: 20,
    name: 'Increasing Experimental Capacity at Nuclear Facilities',
    area: 'national security',
    summary: 'agentic workflows at nuclear facilities',
  },
  {
    number: 21,
    name: 'Accelerating Materials Discovery for Strategic Deterrence',
    area: 'national security',
    summary: 'certified materials for extreme environments',
  },
  {
    number: 22,
    name: 'Accelerating Nuclear Threat Assessment and Response',
    area: 'national security',
    summary: 'real-time modelling of threats',
  },
  {
    number: 23,
    name: 'Integrating Design and Production for Nuclear Deterrence',
    area: 'national security',
    summary: 'design joined with production',
  },
  {
    number: 24,
    name: 'Safeguarding Nuclear Materials from Proliferation',
    area: 'national security',
    summary: 'detection of diversion',
  },
  {
    number: 25,
    name: 'Strengthening Deterrence Through Attribution',
    area: 'national security',
    summary: 'identification of origin',
  },
  {
    number: 26,
    name: 'Streamlining Production and Ensuring Safety in the Nuclear Enterprise',
    area: 'national security',
    summary: 'auditable safety agents',
  },
] as const;
