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
    private readonly Queue<AuditRecord> _unwritten = [];
    private readonly Lock _lock = new();
    private long _audited = -1;
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
                if (WriteAudit() is { } unaudited)
                {
                    return new TrainerInputs.SnapshotNotWritten(wanted.Step, $"the audit of its steps cannot be written: {unaudited}");
                }

                var (name, fingerprint) = settings.Snapshots.Write(
                    content!, _layout, settings.Model, settings.RecipeText, settings.Recipe.Run.Seed, settings.Node);
                return new TrainerInputs.SnapshotWritten(wanted.Step, name, fingerprint);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return new TrainerInputs.SnapshotNotWritten(wanted.Step, error.Message);
            }
        });
    }

    /// <summary>The state in a snapshot's directory.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public SnapshotContent Read(string directory) => SnapshotStore.Read(settings.Snapshots.PathOf(directory), _layout);

    /// <summary>
    /// Writes down which samples were in a step, before anybody hears of it: whatever counts later is written down. What the disk does
    /// not take is kept and tried again, and no snapshot is written before it is there: none counts whose steps are not in the audit.
    /// </summary>
    /// <returns>Why something is not written; null: all is.</returns>
    public string? WriteAudit(View view, long step, string trainer, IReadOnlyList<StepPart> parts)
    {
        var record = new AuditRecord(
            view.Generation, step, trainer, parts.SelectMany(part => part.MicroBatches).First().Origin.Epoch,
            [.. parts.SelectMany(part => part.MicroBatches.Select(
                microBatch => new AuditMicroBatch(microBatch.Origin.Index, part.Trainer, microBatch.Origin.Samples)))]);
        lock (_lock)
        {
            _unwritten.Enqueue(record);
        }

        return WriteAudit();
    }

    /// <summary>See <see cref="TrainerEffects.WriteAudit"/>.</summary>
    public Task<IInput> WriteAuditAgain() =>
        _thread.Run<IInput>(() => new TrainerInputs.AuditWritten(WriteAudit() is null ? Interlocked.Read(ref _audited) : -1));

    private string? WriteAudit()
    {
        lock (_lock)
        {
            try
            {
                while (_unwritten.TryPeek(out var record))
                {
                    settings.Audit.Append(record);
                    Interlocked.Exchange(ref _audited, _unwritten.Dequeue().Step);
                }

                return null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return error.Message;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();
}
