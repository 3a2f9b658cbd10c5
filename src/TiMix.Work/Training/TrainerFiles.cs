using System.Collections.Concurrent;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Snapshots;
using TiMix.Work.Compute;

namespace TiMix.Work.Training;

/// <summary>What a trainer writes: snapshots, on a thread of their own, and the audit of its steps.</summary>
/// <param name="settings">The run and the node.</param>
public sealed class TrainerFiles(TrainerSettings settings) : IDisposable
{
    private readonly ConcurrentDictionary<long, SnapshotContent> _captured = [];
    private readonly ComputeThread _thread = new("snapshot writer");
    private readonly ParameterLayout _layout = DualEncoder.LayoutOf(settings.Model);

    /// <summary>Keeps a copy of the state until it is written.</summary>
    public void Keep(SnapshotContent captured) => _captured[captured.Step] = captured;

    /// <summary>Writes the copy of a step.</summary>
    public Task<IInput> Write(TrainerEffects.WriteSnapshot wanted)
    {
        _captured.TryRemove(wanted.Step, out var content);
        return _thread.Run<IInput>(() =>
        {
            try
            {
                var (name, fingerprint) = settings.Snapshots.Write(
                    content!, _layout, settings.Model, settings.RecipeText, settings.Recipe.Run.Seed, settings.Node);
                return new TrainerInputs.SnapshotWritten(wanted.Step, name, fingerprint);
            }
            catch (IOException error)
            {
                return new TrainerInputs.SnapshotNotWritten(wanted.Step, error.Message);
            }
        });
    }

    /// <summary>The state in a snapshot's directory.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public SnapshotContent Read(string directory) => SnapshotStore.Read(settings.Snapshots.PathOf(directory), _layout);

    /// <summary>Writes down which samples were in a step, before anybody hears of it: whatever counts later is written down.</summary>
    /// <returns>Why it could not be; null: it is.</returns>
    public string? WriteAudit(View view, long step, string trainer, IReadOnlyList<StepPart> parts)
    {
        try
        {
            settings.Audit.Append(new AuditRecord(
                view.Generation, step, trainer, parts.SelectMany(part => part.MicroBatches).First().Origin.Epoch,
                [.. parts.SelectMany(part => part.MicroBatches.Select(
                    microBatch => new AuditMicroBatch(microBatch.Origin.Index, part.Trainer, microBatch.Origin.Samples)))]));
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();
}
