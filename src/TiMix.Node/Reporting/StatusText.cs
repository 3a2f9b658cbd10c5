using System.Globalization;
using TiMix.Base;
using TiMix.Node.Operations;

namespace TiMix.Node.Reporting;

/// <summary>The state of a run for a terminal.</summary>
internal static class StatusText
{
    private const double Mebi = 1024 * 1024;

    /// <summary>It is asked every second.</summary>
    private const double SilentSeconds = 8;

    public static void Write(OperationsState state, string url, TextWriter output)
    {
        void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture).TrimEnd());
        var eta = state.EtaSeconds is { } seconds ? $", {Duration(seconds)} left" : "";
        Line($"{state.Run} ({state.Recipe})  {state.Status}  step {state.Step}/{state.Steps} ({100.0 * state.Step / Math.Max(1, state.Steps):F0} %){eta}");
        var resumed = state.Resumes > 0 ? FormattableString.Invariant($", resumed {state.Resumes} times") : "";
        Line($"view {state.Generation}, {state.SamplesPerSecond:F0} samples/s, {state.StepSeconds:F2} s a step{resumed}");
        string?[] whys =
        [
            state.CoordinatorSilentSeconds is > SilentSeconds and var silent
                ? FormattableString.Invariant($"the coordinator has not answered for {silent:F0} s; this is what it said last") : null,
            state.Waiting is { } waiting ? FormattableString.Invariant($"stalled for {state.StalledSeconds:F0} s: {waiting}") : null,
            state.Error is { } error ? $"error: {error}" : null,
        ];
        foreach (var why in whys.OfType<string>())
        {
            output.WriteLine(why);
        }

        output.WriteLine();
        var wide = Math.Max(12, state.Nodes.Select(node => node.Name.Length).DefaultIfEmpty(0).Max());
        var roleLists = state.Nodes.Select(DoneBy).ToList();
        var rolesWide = Math.Max(18, roleLists.Select(text => text.Length).DefaultIfEmpty(0).Max());
        output.WriteLine($"{"node".PadRight(wide)}  {"does".PadRight(rolesWide)}{"process",8}{"memory",10}{"cpu",7}{"heard",9}   micro-batches");
        foreach (var (node, roles) in state.Nodes.Zip(roleLists))
        {
            var trainer = state.Trainers.FirstOrDefault(trainer => trainer.Node == node.Name);
            var work = trainer switch
            {
                null => "",
                { Count: > 0 } => FormattableString.Invariant($"{trainer.First}–{trainer.First + trainer.Count - 1}, step {trainer.Applied}"),
                { First: >= 0 } => "none",
                _ => "not in the view",
            };
            var note = !node.Alive ? "  (silent)"
                : node.Name == state.Coordinator && state.Nodes.Count(other => other.Roles.Contains("coordinator")) > 1 ? "  (coordinates)"
                : trainer is { Leaving: true } ? "  (leaves)"
                : trainer is not null && trainer.Phase != "Running" ? $"  ({trainer.Phase.ToLowerInvariant()})" : "";
            var (memory, heard) = (node.ResidentBytes / Mebi, node.HeardMillisecondsAgo / 1000.0);
            var (name, does) = (node.Name.PadRight(wide), roles.PadRight(rolesWide));
            Line($"{name}  {does}{node.ProcessId,8}{memory,7:F0} MB{node.CpuPercent,5:F0} %{heard,7:F1} s   {work}{note}");
        }

        output.WriteLine();
        if (state.Losses is [.., var lost])
        {
            Line($"last loss  {lost.Node} at step {lost.Step}: {lost.Reason}");
        }

        foreach (var offender in state.Offenders)
        {
            var times = offender.Times > 0 ? FormattableString.Invariant($", {offender.Times} times") : "";
            Line($"{(offender.IsPutOut ? "put out" : "offended"),-9}  {offender.Node}: {offender.Did}{times}");
        }

        var snapshots = state.Snapshots.Select(snapshot => snapshot.MeanRecall is { } recall
            ? FormattableString.Invariant($"{snapshot.Step} ({recall:F2} %)")
            : FormattableString.Invariant($"{snapshot.Step}"));
        Line($"snapshots  {(state.Snapshots.Count == 0 ? "none yet" : string.Join(", ", snapshots))}");
        Line($"dashboard  {url}");
    }

    private static string DoneBy(NodeState node) => node.Roles.Count == NodeRoles.All.Count ? "all" : string.Join(",", node.Roles);

    private static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(seconds);
        return span.TotalHours >= 1 ? $"{(int)span.TotalHours}:{span.Minutes:D2} h" : $"{(int)span.TotalMinutes}:{span.Seconds:D2} min";
    }
}
