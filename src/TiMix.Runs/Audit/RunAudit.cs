using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Audit;

/// <summary>What an audit found.</summary>
/// <param name="SamplesOnce">Every step summed each micro-batch once, and no sample came twice in an epoch or was left out of a whole one.</param>
/// <param name="StepsOnce">Every step counts once: in one view, with one content, on which all that applied it agree.</param>
/// <param name="Problems">The first of what is wrong, a line each.</param>
/// <param name="ProblemCount">How much is wrong in all.</param>
/// <param name="Timeline">The views that held, oldest first.</param>
public sealed record AuditReport(bool SamplesOnce, bool StepsOnce, IReadOnlyList<string> Problems, long ProblemCount, IReadOnlyList<ViewChange> Timeline)
{
    /// <summary>Whether no step was lost and no sample skipped or seen twice.</summary>
    public bool Proven => SamplesOnce && StepsOnce;
}

/// <summary>
/// Proves from what is written down that no step was lost and no sample skipped or seen twice. It holds the journal's views
/// against what the trainers reported as summed; what the plan would have been is never asked.
/// </summary>
/// <remarks>
/// A step counts in the last view that was installed with a first step before it: what an earlier view did past the point from
/// which a later one went on was lost with it and has been done again, so its records are void. A journal that was begun anew
/// knows nothing of the steps before its first view, nor of the trainers that did them: nothing is proven of those steps.
/// </remarks>
public sealed class RunAudit
{
    private const int ShownProblems = 20;
    private const char Separator = '\u001f';

    private readonly List<string> _problems = [];
    private readonly Dictionary<long, ViewChange> _views;
    private readonly List<ViewChange> _timeline;
    private readonly HashSet<string> _trainers;
    private readonly long _unknown;
    private readonly long[] _owners;
    private readonly Dictionary<long, (string Content, string Trainer)> _seen = [];
    private readonly HashSet<(long Step, string Trainer)> _written = [];
    private readonly Dictionary<int, Dictionary<int, long>> _epochs = [];
    private readonly int _microBatches;
    private readonly int _microBatchSize;
    private readonly int _stepsPerEpoch;
    private long _problemCount;
    private bool _samplesOnce = true;
    private bool _stepsOnce = true;

    private RunAudit(IEnumerable<CoordinatorEvents.IEvent> journal, long steps, int microBatches, int microBatchSize, int stepsPerEpoch)
    {
        (_microBatches, _microBatchSize, _stepsPerEpoch) = (microBatches, microBatchSize, stepsPerEpoch);
        _timeline = [.. journal.Aggregate(RunState.Empty, (state, happened) => state.Apply(happened)).Changes.Where(change => change.InstalledAt != 0)];
        _views = _timeline.ToDictionary(change => change.View.Generation);
        _trainers = [.. _timeline.SelectMany(change => change.View.Shares).Select(share => share.Trainer)];
        _unknown = _timeline.Count > 0 ? _timeline[0].View.FromStep : 0;
        _owners = new long[steps + 1];
        foreach (var change in _timeline)
        {
            for (var step = change.View.FromStep + 1; step <= steps; step++)
            {
                _owners[step] = change.View.Generation;
            }
        }
    }

    /// <summary>Audits a run.</summary>
    /// <param name="journal">All events, in order.</param>
    /// <param name="records">What the trainers wrote, in any order.</param>
    /// <param name="steps">Steps that should have been done.</param>
    /// <param name="microBatches">V.</param>
    /// <param name="microBatchSize">Samples of each.</param>
    /// <param name="stepsPerEpoch">Steps after which every sample may come again.</param>
    public static AuditReport Check(
        IReadOnlyList<CoordinatorEvents.IEvent> journal, IEnumerable<AuditRecord> records, long steps, int microBatches, int microBatchSize, int stepsPerEpoch)
    {
        var audit = new RunAudit(journal, steps, microBatches, microBatchSize, stepsPerEpoch);
        foreach (var record in records)
        {
            audit.Look(record);
        }

        audit.LookForGaps(steps);
        return new AuditReport(audit._samplesOnce, audit._stepsOnce, audit._problems, audit._problemCount, audit._timeline);
    }

    private void Look(AuditRecord record)
    {
        if (_unknown > 0 && !_trainers.Contains(record.Trainer))
        {
            return;
        }

        if (!_views.TryGetValue(record.Generation, out var change))
        {
            Steps($"{record.Trainer} applied step {record.Step} in view {record.Generation}, which was never installed");
            return;
        }

        var view = change.View;
        if (!view.Has(record.Trainer))
        {
            Steps($"{record.Trainer} applied step {record.Step} in view {record.Generation}, to which it does not belong");
        }

        if (record.Step <= view.FromStep)
        {
            Steps($"step {record.Step} was applied in view {record.Generation}, which began after step {view.FromStep}: it counts twice");
            return;
        }

        if (record.Step >= _owners.Length)
        {
            Steps($"step {record.Step} was applied in view {record.Generation}, after the last step {_owners.Length - 1}");
            return;
        }

        if (_owners[record.Step] == record.Generation)
        {
            LookAtOwn(record, view);
        }
    }

    private void LookAtOwn(AuditRecord record, View view)
    {
        if (!_written.Add((record.Step, record.Trainer)))
        {
            Steps($"{record.Trainer} applied step {record.Step} twice in view {record.Generation}");
        }

        var content = ContentOf(record);
        if (_seen.TryGetValue(record.Step, out var seen))
        {
            if (seen.Content != content)
            {
                Steps($"step {record.Step}: {seen.Trainer} and {record.Trainer} do not agree on what was summed");
            }

            return;
        }

        _seen.Add(record.Step, (content, record.Trainer));
        LookAtMicroBatches(record, view);
        LookAtSamples(record);
    }

    private void LookAtMicroBatches(AuditRecord record, View view)
    {
        var counts = new int[_microBatches];
        foreach (var part in record.MicroBatches)
        {
            if (part.Index < 0 || part.Index >= _microBatches)
            {
                Samples($"step {record.Step}: micro-batch {part.Index} was summed; there are 0 to {_microBatches - 1}");
                continue;
            }

            counts[part.Index]++;
            if (part.Samples.Count != _microBatchSize)
            {
                Samples($"step {record.Step}: micro-batch {part.Index} has {part.Samples.Count} samples instead of {_microBatchSize}");
            }

            if (!view.Has(part.By))
            {
                Steps($"step {record.Step}: micro-batch {part.Index} came from {part.By}, which does not belong to view {record.Generation}");
            }
        }

        for (var index = 0; index < _microBatches; index++)
        {
            if (counts[index] != 1)
            {
                Samples($"step {record.Step}: micro-batch {index} was summed "
                    + $"{(counts[index] == 0 ? "never" : FormattableString.Invariant($"{counts[index]} times"))}");
            }
        }
    }

    private void LookAtSamples(AuditRecord record)
    {
        if (record.Epoch != (record.Step - 1) / _stepsPerEpoch)
        {
            Samples($"step {record.Step} took its samples from epoch {record.Epoch} instead of {(record.Step - 1) / _stepsPerEpoch}");
        }

        if (!_epochs.TryGetValue(record.Epoch, out var epoch))
        {
            _epochs.Add(record.Epoch, epoch = []);
        }

        foreach (var sample in record.MicroBatches.SelectMany(part => part.Samples))
        {
            if (!epoch.TryAdd(sample, record.Step))
            {
                var before = epoch[sample];
                Samples($"sample {sample} came twice in epoch {record.Epoch}: in step {before} and "
                    + $"{(before == record.Step ? "again in it" : $"in step {record.Step}")}");
            }
        }
    }

    private void LookForGaps(long steps)
    {
        if (_unknown > 0)
        {
            Steps($"steps 1 to {_unknown} were done before this journal was begun anew: it knows nothing of them");
        }

        for (var step = _unknown + 1; step <= steps; step++)
        {
            if (!_seen.ContainsKey(step))
            {
                Steps(_owners[step] == 0 ? $"step {step} belongs to no view" : $"step {step} has no record in view {_owners[step]}, in which it counts");
            }
        }

        var whole = (long)_stepsPerEpoch * _microBatches * _microBatchSize;
        for (var epoch = (int)((_unknown + _stepsPerEpoch - 1) / _stepsPerEpoch); (epoch + 1L) * _stepsPerEpoch <= steps; epoch++)
        {
            var used = _epochs.GetValueOrDefault(epoch)?.Count ?? 0;
            if (used != whole)
            {
                Samples($"epoch {epoch} used {used} samples instead of {whole}");
            }
        }

        // What is not in the record of a partly done epoch cannot have been proven either.
        _samplesOnce &= _seen.Count == steps;
    }

    /// <summary>What all trainers must agree on, whatever the order in which they wrote it.</summary>
    private static string ContentOf(AuditRecord record) => string.Join(
        Separator, record.MicroBatches.OrderBy(part => part.Index).ThenBy(part => part.By, StringComparer.Ordinal)
            .Select(part => $"{part.Index}{Separator}{part.By}{Separator}{string.Join(' ', part.Samples)}").Prepend($"{record.Epoch}"));

    private void Samples(string problem)
    {
        _samplesOnce = false;
        Add(problem);
    }

    private void Steps(string problem)
    {
        _stepsOnce = false;
        Add(problem);
    }

    private void Add(string problem)
    {
        _problemCount++;
        if (_problems.Count < ShownProblems)
        {
            _problems.Add(problem);
        }
    }
}
