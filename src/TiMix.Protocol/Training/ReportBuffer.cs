using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// Reports of applied steps until the monitor has written them down. Every trainer keeps them, so that whoever is first in the
/// next view can tell what a dead one could not.
/// </summary>
public sealed class ReportBuffer
{
    /// <summary>With a step a second, more than an hour without a coordinator.</summary>
    private const int Capacity = 4096;

    private readonly SortedDictionary<long, (StepReport Report, IReadOnlyList<Replacement> Replacements)> _reports = [];

    /// <summary>A step was applied. Reports of later steps are of a life that is over.</summary>
    public void Add(StepReport report, IReadOnlyList<Replacement> replacements)
    {
        foreach (var later in _reports.Keys.Where(step => step >= report.Step).ToList())
        {
            _reports.Remove(later);
        }

        _reports.Add(report.Step, (report, replacements));
        if (_reports.Count > Capacity)
        {
            _reports.Remove(_reports.Keys.First());
        }
    }

    /// <summary>Training goes back: what was reported of later steps is void.</summary>
    public void DropAfter(long step)
    {
        foreach (var later in _reports.Keys.Where(reported => reported > step).ToList())
        {
            _reports.Remove(later);
        }
    }

    /// <summary>The report of the first step after one that is written down; null: there is none.</summary>
    /// <param name="recorded">Steps written down.</param>
    public MonitorMessages.StepApplied? After(long recorded)
    {
        foreach (var (step, (report, replacements)) in _reports)
        {
            if (step > recorded)
            {
                return new MonitorMessages.StepApplied(report, replacements, Oldest: !_reports.ContainsKey(step - 1));
            }
        }

        return null;
    }
}
