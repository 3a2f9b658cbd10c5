using System.CommandLine;
using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;
using TiMix.Runs.Recipes;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Commands;

/// <summary><c>timix eval</c> and <c>timix mix</c>.</summary>
internal static class SnapshotCommands
{
    public static Command Eval(TextWriter output)
    {
        var name = new Argument<string>("NAME|SNAPSHOT") { Description = "A run, whose newest snapshot is taken, or a snapshot's directory." };
        var split = new Option<string[]>("--split")
        {
            Description = "Which split; may be repeated. Default: all of the recipe.",
            AllowMultipleArgumentsPerToken = true,
        };
        var shuffle = new Option<bool>("--shuffle-captions") { Description = "Pair every image with a stranger's caption: what chance looks like." };
        var task = new Option<string?>("--task")
        {
            Description = $"Measure another task than the recipe's: {string.Join(", ", Tasks.All)}; grounding needs no fine-tuning.",
        };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("eval", """
            Evaluates a snapshot by the task of its recipe. Retrieval: recall both ways, saliency, and what the theory says:
            mutual-information bound, overfit gap, regulariser of the mixing, calibration, geometry of the features.
            Captioning: BLEU-4, CIDEr. Grounding: boxes found. VQA: accuracy.

            Example: timix eval sample-1 --split test
                     timix eval sample-1 --task grounding
            """)
        { name, split, task, shuffle, runs, data };
        command.SetAction(async (parsed, stop) =>
        {
            var splits = parsed.GetValue(split) is { Length: > 0 } wanted ? wanted : null;
            var report = await SnapshotEvaluation.EvaluateAsync(
                parsed.GetValue(name)!, parsed.GetValue(runs)!, parsed.GetValue(data)!, splits, parsed.GetValue(shuffle), output.WriteLine, stop,
                parsed.GetValue(task)).ConfigureAwait(false);
            EvaluationTable.Write(report, output);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Mix(TextWriter output)
    {
        var name = new Argument<string>("NAME|SNAPSHOT") { Description = "A run, whose newest snapshot is taken, or a snapshot's directory." };
        var method = new Option<string?>("--method") { Description = $"{MixMethods.Choice}; default: the recipe's." };
        var count = new Option<int>("--count") { Description = "Pictures, an even number.", DefaultValueFactory = _ => 8 };
        var file = new Option<string>("--out") { Description = "The PNG to write.", DefaultValueFactory = _ => "mix.png" };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("mix", """
            Draws how pictures are mixed: picture, caption, saliency as a heat map, partner, mixed result, lambda.

            Example: timix mix sample-1 --out mix.png
            """)
        { name, method, count, file, runs, data };
        command.SetAction((parsed, stop) =>
        {
            var pictures = parsed.GetValue(count);
            if (pictures is < 2 or > 64)
            {
                throw new RunError($"--count is {pictures}; it must be from 2 to 64.");
            }

            var preview = SnapshotEvaluation.Preview(
                parsed.GetValue(name)!, parsed.GetValue(runs)!, parsed.GetValue(data)!, pictures, parsed.GetValue(method), stop);
            MixSheet.Write(preview, parsed.GetValue(file)!);
            output.WriteLine($"Wrote {Path.GetFullPath(parsed.GetValue(file)!)}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
