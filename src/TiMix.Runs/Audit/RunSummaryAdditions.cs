using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;

namespace TiMix.Runs.Audit;

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
    /// What followed each fault: for a newcomer the first view that has it, otherwise the first change detected at or after the
    /// fault. The death of a node that was in no view (a mixer, or a trainer that had only just come) calls for no other view,
    /// and where another fault came in between, the change must name the node.
    /// </summary>
    public static IReadOnlyList<FaultRecovery> Recoveries(IReadOnlyList<ViewChange> changes, IReadOnlyList<InjectedFault> faults) => [.. faults.Select(fault =>
    {
        var joins = fault.Kind == Fault.WordOf(FaultKind.Join);
        var before = changes.LastOrDefault(change => change.DetectedAt < fault.At);
        var later = changes.SkipWhile(change => change.DetectedAt < fault.At || (joins && !Has(change, fault.Node))).ToList();
        var doing = later.Count > 0 && (joins || (before is not null && Has(before, fault.Node)
            && (!faults.Any(other => other.At > fault.At + Together && other.At <= later[0].DetectedAt) || later[0].Reason.Nodes.Contains(fault.Node))));
        if (!doing)
        {
            return new FaultRecovery(fault, null, null, null);
        }

        // A view whose members die while it is prepared never holds; the next one that does is what the run waited for.
        long? After(long time) => time == 0 ? null : time - fault.At;
        return new FaultRecovery(
            fault,
            later[0].DetectedAt - fault.At,
            After(later.Select(change => change.InstalledAt).FirstOrDefault(time => time != 0)),
            After(later.Select(change => change.FirstStepAt).FirstOrDefault(time => time != 0)));
    })];

    /// <summary>Adds the fields to a summary that is there; one that could not be written is said elsewhere.</summary>
    public static void Write(RunDirectory directory, JsonObject additions)
    {
        if (!File.Exists(directory.Summary))
        {
            return;
        }

        var summary = JsonNode.Parse(File.ReadAllText(directory.Summary))!.AsObject();
        foreach (var (key, value) in additions)
        {
            summary[key] = value?.DeepClone();
        }

        WholeFile.Write(directory.Summary, summary.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    private static bool Has(ViewChange change, string node) => change.View.Shares.Any(share => share.Node == node);
}
