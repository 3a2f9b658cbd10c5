using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Runs.Audit;
using TiMix.Runs.Journals;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Commands;

/// <summary><c>timix audit</c>.</summary>
internal static class AuditCommand
{
    public static Command Audit(TextWriter output)
    {
        var name = new Argument<string>("RUN") { Description = "The run." };
        var json = new Option<bool>("--json") { Description = "For programs." };
        var (runs, data, journal) = (Shared.RunsDirectory(), Shared.DataDirectory(), Shared.Journal());
        var command = new Command("audit", """
            Proves that a run lost no step, skipped no sample and saw none twice, and that its recipe is the one it began with.
            It holds the journal against what the trainers saw summed; ends with 0 if proven, 1 if not.

            Example: timix audit sample-1
            """)
        { name, json, runs, data, journal };
        command.SetAction(async (parsed, stop) =>
        {
            var directory = RunDirectory.Look(parsed.GetValue(runs)!, parsed.GetValue(name)!);
            if (!Directory.Exists(AuditLog.DirectoryIn(directory)))
            {
                throw new RunError($"{directory.Path} holds no audit: only a run with --trainers, or of \"timix node\", writes down what was summed.");
            }

            var recipe = directory.ReadRecipe();
            var examination = await RunExamination.OfAsync(
                directory, recipe, parsed.GetValue(data)!, JournalAddress.Of(parsed.GetValue(journal))).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                output.WriteLine(Json(examination, recipe).ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            }
            else
            {
                Write(examination, recipe, output);
            }

            return examination.Proven ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    internal static void Write(RunExamination examination, Recipe recipe, TextWriter output)
    {
        var audit = examination.Audit;
        foreach (var view in audit.Timeline)
        {
            output.WriteLine(ViewText.TimelineLine(view));
        }

        output.WriteLine();
        output.WriteLine($"steps    1 to {examination.Steps} of {recipe.Optimization.Steps}: "
            + $"{(audit.StepsOnce ? "each counts once, and all that applied it agree" : "NOT PROVEN")}");
        output.WriteLine($"samples  {(audit.SamplesOnce ? "each once an epoch, none left out of a whole epoch" : "NOT PROVEN")}");
        if (examination.Data is { } data)
        {
            output.WriteLine(examination.DataChange is { } others
                ? $"data     NOT PROVEN: what is there is not what the run began with: {others}"
                : $"data     {data.Train.Count} shards and the vocabulary are those that the run began with, digest {data.Digest[..12]}");
        }

        if (examination.Change is { } change)
        {
            output.WriteLine($"recipe   NOT PROVEN: recipe.json is not what the run began with: {change}");
        }

        foreach (var problem in audit.Problems)
        {
            output.WriteLine($"  {problem}");
        }

        if (audit.ProblemCount > audit.Problems.Count)
        {
            output.WriteLine($"  and {audit.ProblemCount - audit.Problems.Count} more");
        }
    }

    internal static JsonObject Json(RunExamination examination, Recipe recipe)
    {
        var json = JsonOfAudit(examination, recipe);
        if (examination.Change is { } change)
        {
            json["recipeChange"] = change;
        }

        if (examination.Data is { } data)
        {
            json["data"] = data.Digest;
        }

        if (examination.DataChange is { } others)
        {
            json["dataChange"] = others;
        }

        return json;
    }

    private static JsonObject JsonOfAudit(RunExamination examination, Recipe recipe) => new()
    {
        ["proven"] = examination.Proven,
        ["samplesOnce"] = examination.Audit.SamplesOnce,
        ["stepsOnce"] = examination.Audit.StepsOnce,
        ["stepsAudited"] = examination.Steps,
        ["steps"] = recipe.Optimization.Steps,
        ["problemCount"] = examination.Audit.ProblemCount,
        ["problems"] = new JsonArray([.. examination.Audit.Problems.Select(problem => JsonValue.Create(problem))]),
        ["views"] = new JsonArray([.. examination.Audit.Timeline.Select(change => new JsonObject
        {
            ["generation"] = change.View.Generation,
            ["fromStep"] = change.View.FromStep,
            ["reason"] = change.Reason.ToString(),
            ["detectedAt"] = change.DetectedAt,
            ["installedAt"] = change.InstalledAt,
            ["firstStepAt"] = change.FirstStepAt == 0 ? null : change.FirstStepAt,
            ["shares"] = new JsonArray([.. change.View.Shares.Select(
                share => new JsonObject { ["node"] = share.Node, ["trainer"] = share.Trainer, ["first"] = share.First, ["count"] = share.Count })]),
        })]),
        ["faults"] = examination.Additions["faults"]!.DeepClone(),
    };
}
