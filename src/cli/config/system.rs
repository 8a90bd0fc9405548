//! The `system:` section: which molecule, force field, solvent and constraints.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::forcefield::BornModel;

/// Names of the force fields that come with the program.
pub(crate) const BUILTIN_FORCE_FIELDS: [&str; 8] = [
    "amber14",
    "amber99sbildn",
    "ff14SB",
    "ff14SBonlysc",
    "ff15ipq",
    "ff19SB",
    "phosaa14SB",
    "phosaa19SB",
];

/// The molecule, its force field and its solvent: one of `sequence`, `pdb`, `openmm_system` with `pdb`, or `prmtop` with `coordinates` is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemConfig {
    /// `ACE-ALA-NME`, or one letter a residue, `AAAY`, with charged ends. Lower-case letters and the PDB's names (`DPN`) are D residues;
    /// `cyclo(RGDfV)` is a head-to-tail ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sequence: Option<String>,
    /// PDB or mmCIF file (its text says which), relative to the YAML file: of a peptide, or with `openmm_system` of any molecule, which is then taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pdb: Option<PathBuf>,
    /// Serialized OpenMM System (`XmlSerializer.serialize(system)`), relative to the YAML file, of the molecule in `pdb`.
    ///
    /// Every parameter is the file's: `force_field`, `solvent`, `surface_area`, `ionic_strength_molar`, the permittivities,
    /// `constraints` and `hydrogen_mass_da` may not be given beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) openmm_system: Option<PathBuf>,
    /// AMBER parameter and topology file (prmtop, parm7; also CHAMBER's), relative to the YAML file, of a molecule without solvent.
    ///
    /// Every parameter is the file's, Born radii included, so `force_field` may not be given beside it; `solvent` and the keys after
    /// it mean what they mean for a force field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prmtop: Option<PathBuf>,
    /// Coordinates for `prmtop`, relative to the YAML file: inpcrd or rst7, text or classic NetCDF; velocities and box are not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) coordinates: Option<PathBuf>,
    /// Pairs of residue numbers (from 1) whose cysteines are bridged; only with `sequence`.
    #[serde(default)]
    pub(crate) disulfides: Vec<[usize; 2]>,
    /// Bonds between other residues, `[[LYS 3 NZ, ASP 7 CG]]`: name, number from 1 and atom of both ends; hydrogens and the oxygen that
    /// leave are taken away. The force field must have the residues that result; only with `sequence`.
    #[serde(default)]
    pub(crate) bonds: Vec<[String; 2]>,
    /// Name of a built-in force field (`ff14SB` is another name of `amber14`), path of an OpenMM XML file relative to the YAML file, or a list of such, `[amber14, phosaa14SB]`. Which suits which solvent: docs/forcefields.md.
    #[serde(default)]
    pub(crate) force_field: ForceFieldConfig,
    /// Generalised Born model, or `vacuum`.
    #[serde(default)]
    pub(crate) solvent: Solvent,
    /// Whether the surface-area term of the solvent is included.
    #[serde(default = "yes")]
    pub(crate) surface_area: bool,
    /// Salt concentration in mol/L, as Debye-Hueckel screening of the Born term.
    #[serde(default)]
    pub(crate) ionic_strength_molar: f64,
    /// Relative permittivity inside the molecule.
    #[serde(default = "default_solute_dielectric")]
    pub(crate) solute_dielectric: f64,
    /// Relative permittivity of the solvent.
    #[serde(default = "default_solvent_dielectric")]
    pub(crate) solvent_dielectric: f64,
    /// Which bonds are rigid.
    #[serde(default)]
    pub(crate) constraints: Constraints,
    /// Mass of a hydrogen in Da; what is added is taken from the bonded heavy atom.
    #[serde(default = "default_hydrogen_mass_da")]
    pub(crate) hydrogen_mass_da: f64,
    /// Name of a potential that the calling program handed over (`saltus.Potential` in Python), whose energies take the place of the
    /// force field's. The force field still gives bonds, masses and the starting structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) potential: Option<String>,
    /// Whether the starting structure is minimised before the run.
    #[serde(default = "yes")]
    pub(crate) minimize: bool,
}

/// One built-in name or XML path, or a list of such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ForceFieldConfig {
    /// A built-in name or one path.
    One(String),
    /// Several, later ones add to earlier ones.
    Several(Vec<String>),
}

impl Default for ForceFieldConfig {
    fn default() -> Self {
        Self::One(BUILTIN_FORCE_FIELDS[0].to_owned())
    }
}

impl ForceFieldConfig {
    /// The entries, one or several.
    pub(crate) fn entries(&self) -> &[String] {
        match self {
            Self::One(entry) => std::slice::from_ref(entry),
            Self::Several(entries) => entries,
        }
    }

    /// Whether an entry is meant as a path rather than as a name.
    pub(crate) fn is_path(entry: &str) -> bool {
        entry.contains(['/', '\\', '.'])
    }
}

// Written out because `#[serde(untagged)]` loses the line number and says "did not match any variant".
impl<'de> Deserialize<'de> for ForceFieldConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrList;
        impl<'de> serde::de::Visitor<'de> for StringOrList {
            type Value = ForceFieldConfig;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a force field name, a path, or a list of paths")
            }

            fn visit_str<E: serde::de::Error>(self, entry: &str) -> Result<Self::Value, E> {
                Ok(ForceFieldConfig::One(entry.to_owned()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element::<String>()? {
                    entries.push(entry);
                }
                Ok(ForceFieldConfig::Several(entries))
            }
        }
        deserializer.deserialize_any(StringOrList)
    }
}

/// Implicit solvent models by their YAML name.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Solvent {
    /// No solvent.
    Vacuum,
    /// Hawkins, Cramer, Truhlar.
    Hct,
    /// Onufriev, Bashford, Case, model I.
    #[default]
    Obc1,
    /// Onufriev, Bashford, Case, model II.
    Obc2,
    /// Mongan et al., with neck correction.
    Gbn,
    /// Nguyen, Roe, Simmerling.
    Gbn2,
}

impl Solvent {
    /// All models, in the order of the documentation.
    pub(crate) const ALL: [Self; 6] = [
        Self::Vacuum,
        Self::Hct,
        Self::Obc1,
        Self::Obc2,
        Self::Gbn,
        Self::Gbn2,
    ];

    /// The Born model; `None` is vacuum.
    pub(crate) fn born_model(self) -> Option<BornModel> {
        match self {
            Self::Vacuum => None,
            Self::Hct => Some(BornModel::Hct),
            Self::Obc1 => Some(BornModel::Obc1),
            Self::Obc2 => Some(BornModel::Obc2),
            Self::Gbn => Some(BornModel::Gbn),
            Self::Gbn2 => Some(BornModel::Gbn2),
        }
    }

    /// Name as in the YAML file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vacuum => "vacuum",
            Self::Hct => "hct",
            Self::Obc1 => "obc1",
            Self::Obc2 => "obc2",
            Self::Gbn => "gbn",
            Self::Gbn2 => "gbn2",
        }
    }
}

/// Which bonds are rigid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Constraints {
    /// All bonds vibrate.
    #[default]
    None,
    /// Bonds to hydrogen are rigid.
    HBonds,
}

fn yes() -> bool {
    true
}

fn default_solute_dielectric() -> f64 {
    1.0
}

fn default_solvent_dielectric() -> f64 {
    78.5
}

fn default_hydrogen_mass_da() -> f64 {
    1.008
}
