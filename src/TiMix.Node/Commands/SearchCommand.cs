using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;
using TiMix.Work.Search;

namespace TiMix.Node.Commands;

/// <summary><c>timix search</c>.</summary>
internal static class SearchCommand
{
    private const int MostHits = 1000;
    private const int MostTiles = 200;

    public static Command Search(TextWriter output, TextWriter error)
    {
        var words = new Argument<string?>("WORDS") { Description = "What the picture should show.", Arity = ArgumentArity.ZeroOrOne };
        var images = FolderReport.Images();
        var run = FolderReport.Run();
        var like = new Option<string?>("--like") { Description = "A picture to search by, instead of words." };
        var top = new Option<int>("--top") { Description = "Pictures shown, at most.", DefaultValueFactory = _ => 10 };
        var sheet = new Option<string?>("--sheet") { Description = "Also draw them into this PNG." };
        var json = new Option<bool>("--json") { Description = "One JSON value instead of text." };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("search", """
            Finds pictures in a folder by words, or by another picture.
            What a model makes of a picture is kept (beside the data, in .features), so that the next search in the folder
            encodes only pictures that are new or changed.

            Example: timix search "a dog on a beach" --images pictures --sheet found.png
                     timix search --like pictures/dog.jpg --images pictures --run sample-1
            """)
        { words, images, run, like, top, sheet, json, runs, data };
        command.SetAction(async (parsed, stop) =>
        {
            var (query, picture, file) = (parsed.GetValue(words), parsed.GetValue(like), parsed.GetValue(sheet));
            var most = parsed.GetValue(top);
            if (most < 1 || most > (file is null ? MostHits : MostTiles))
            {
                throw new RunError($"--top is {most}; it must be from 1 to {(file is null ? MostHits : MostTiles)}{(file is null ? "" : " with --sheet")}.");
            }

            if (query is null == picture is null)
            {
                throw new RunError("search: give WORDS or --like FILE, one of the two.");
            }

            var folder = parsed.GetValue(images)!;
            var place = new ModelPlace(parsed.GetValue(run), parsed.GetValue(runs)!, parsed.GetValue(data)!);
            var result = await PictureSearch.RunAsync(place, folder, query, picture, most, error.WriteLine, stop).ConfigureAwait(false);
            var head = HeadOf(result, query is null ? $"like {picture}" : $"\"{query}\"", folder);
            if (file is not null)
            {
                SearchSheet.Write(folder, head, picture, result.Hits, file);
            }

            if (parsed.GetValue(json))
            {
                FolderReport.WriteJson(
                    new
                    {
                        query,
                        like = picture,
                        result.Model,
                        result.Step,
                        result.Pictures,
                        result.Encoded,
                        result.Hits,
                        result.Broken,
                        result.UnknownWords,
                        result.UnreadWords,
                        sheet = file is null ? null : Path.GetFullPath(file),
                    }, output);
            }
            else
            {
                Write(result, head, file, output);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static SheetHead HeadOf(SearchResult result, string query, string folder)
    {
        var warnings = new List<string>();
        if (result.UnknownWords.Count > 0)
        {
            warnings.Add(FolderReport.Unknown(result.UnknownWords) + (result.SaysNothing ? "; there is no other word, so the order means nothing" : ""));
        }

        if (result.UnreadWords.Count > 0)
        {
            warnings.Add($"the query is longer than what the model reads; cut off: {FolderReport.Some(result.UnreadWords, " ")}");
        }

        return new SheetHead(query, $"{result.Pictures} {(result.Pictures == 1 ? "picture" : "pictures")} of {folder} ({result.Encoded} newly encoded), by "
            + $"{result.Model} after {result.Step} steps", warnings);
    }

    private static void Write(SearchResult result, SheetHead head, string? sheet, TextWriter output)
    {
        output.WriteLine($"{head.Query} among {head.Source}:");
        foreach (var warning in head.Warnings)
        {
            output.WriteLine(warning);
        }

        output.WriteLine();
        output.WriteLine("rank   score  picture");
        foreach (var hit in result.Hits)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hit.Rank,4}{hit.Score,8:F3}  {hit.Path}"));
        }

        FolderReport.WriteProblems(result.Broken, output);
        if (sheet is not null)
        {
            output.WriteLine();
            output.WriteLine($"Wrote {Path.GetFullPath(sheet)}");
        }
    }
}
