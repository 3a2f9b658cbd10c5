using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Actors.Coordination;
using TiMix.Actors.Faults;
using TiMix.Actors.Runs;

namespace TiMix.Actors.Audit;

/// <summary>How long the run took to get over a fault, in milliseconds after it; null: nothing of the kind followed.</summary>
/// <param name="Fault">What was done.</param>
/// <param name="DetectedMs">Until the coordinator knew.</param>
/// <param name="ViewMs">Until the next view held.</param>
/// <param name="FirstStepMs">Until its first step was reported.</param>
public sealed record FaultRecovery(InjectedFault Fault, long? DetectedMs, long? ViewMs, long? FirstStepMs);

/// <summary>What <c>summary.json</c> says of a run over several processes, beside what it says of every run.</summary>
public static class RunSummaryAdditions
{
    /// <summary>Faults that come within so many milliseconds are met by one view.</summary>
    private const long Together = 500;

    /// <summary>The fields <c>trainers</c>, <c>views</c>, <c>faults</c> and <c>audit</c>.</summary>
    /// <param name="changes">All views that were proposed, oldest first.</param>
    /// <param name="faults">All faults that were injected.</param>
    /// <param name="audit">What the audit found.</param>
    public static JsonObject Of(IReadOnlyList<ViewChange> changes, IReadOnlyList<InjectedFault> faults, AuditReport audit)
    {
        var installed = changes.Where(change => change.InstalledAt != 0).ToList();
        return new JsonObject
        {
            ["trainers"] = installed.Select(change => change.View.Shares.Count).DefaultIfEmpty(0).Max(),
            ["views"] = installed.Count,
            ["faults"] = new JsonArray([.. Recoveries(changes, faults).Select(recovery => new JsonObject
            {
                ["kind"] = recovery.Fault.Kind,
                ["node"] = recovery.Fault.Node,
                ["step"] = recovery.Fault.Step,
                ["detectedMs"] = recovery.DetectedMs,
                ["viewMs"] = recovery.ViewMs,
                ["firstStepMs"] = recovery.FirstStepMs,
            })]),
            ["audit"] = new JsonObject { ["samplesOnce"] = audit.SamplesOnce, ["stepsOnce"] = audit.StepsOnce },
        };
    }

    /// <summary>
    /// What followed each fault: the first change detected at or after it. Where another fault came in between, only if the
    /// change names the node: the death of a mixer, say, changes no view, and the next trainer's death is not its doing.
    /// </summary>
    public static IReadOnlyList<FaultRecovery> Recoveries(IReadOnlyList<ViewChange> changes, IReadOnlyList<InjectedFault> faults) => [.. faults.Select(fault =>
    {
        var at = changes.Select((change, i) => (change, i)).FirstOrDefault(pair => pair.change.DetectedAt >= fault.At, (null!, -1)).Item2;
        if (at < 0 || (faults.Any(other => other.At > fault.At + Together && other.At <= changes[at].DetectedAt) && !Names(changes[at].Reason, fault.Node)))
        {
            return new FaultRecovery(fault, null, null, null);
        }

        // A view whose members die while it is prepared never holds; the next one that does is what the run waited for.
        var later = changes.Skip(at).ToList();
        long? After(long time) => time == 0 ? null : time - fault.At;
        return new FaultRecovery(
            fault,
            changes[at].DetectedAt - fault.At,
            After(later.Select(change => change.InstalledAt).FirstOrDefault(time => time != 0)),
            After(later.Select(change => change.FirstStepAt).FirstOrDefault(time => time != 0)));
    })];

    /// <summary>Adds the fields to a summary that is there.</summary>
    public static void Write(RunDirectory directory, JsonObject additions)
    {
        var summary = JsonNode.Parse(File.ReadAllText(directory.Summary))!.AsObject();
        foreach (var (key, value) in additions)
        {
            summary[key] = value?.DeepClone();
        }

        var unfinished = directory.Summary + ".unfinished";
        File.WriteAllText(unfinished, summary.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        File.Move(unfinished, directory.Summary, overwrite: true);
    }

    private static bool Names(string reason, string node) =>
        reason.Split([' ', ':', ','], StringSplitOptions.RemoveEmptyEntries).Contains(node, StringComparer.Ordinal);
}
