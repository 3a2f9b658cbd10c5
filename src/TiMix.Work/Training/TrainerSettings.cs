using TiMix.Exchange;
using TiMix.Learning.Model;
using TiMix.Runs.Audit;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;

namespace TiMix.Work.Training;

/// <summary>What a trainer needs to know of its run and its node.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Node">Name of the node.</param>
/// <param name="Recipe">The run.</param>
/// <param name="RecipeText">Its canonical text.</param>
/// <param name="Model">Sizes.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="Threads">Compute lanes.</param>
/// <param name="Computes">What computes there: trainers that would round differently must not work together.</param>
/// <param name="Snapshots">Of the run.</param>
/// <param name="Audit">Of the node.</param>
/// <param name="Exchange">The node's links.</param>
/// <param name="StatusInterval">How often it speaks.</param>
/// <param name="WarmUp">
/// Something is computed before others hear of this trainer; of no use where the mixer is in the same process, before which nobody trains.
/// </param>
public sealed record TrainerSettings(
    string Run,
    string Node,
    Recipe Recipe,
    string RecipeText,
    ModelConfig Model,
    TorchSharp.torch.Device Device,
    int Threads,
    string Computes,
    SnapshotStore Snapshots,
    AuditLog Audit,
    ExchangeNode Exchange,
    TimeSpan StatusInterval,
    bool WarmUp);
