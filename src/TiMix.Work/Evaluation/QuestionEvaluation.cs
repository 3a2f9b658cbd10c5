using TiMix.Base;
using TiMix.Data.Loading;
using TiMix.Data.Text;
using TiMix.Learning.Metrics;
using TiMix.Learning.Model;
using TiMix.Learning.Writing;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>Questions answered by ranking a list of answers: VQA accuracy, over all and over the usual three kinds of question.</summary>
internal static class QuestionEvaluation
{
    private const int ImagesAtOnce = 64;
    private const int QuestionsAtOnce = 128;

    /// <summary>
    /// Number of questions, and in percent <c>vqaAccuracy</c>, that of the questions whose most frequent answer is yes or no, a number,
    /// or something else, and that of always giving the list's first answer.
    /// </summary>
    public static (int Questions, SortedDictionary<string, double> Metrics) Measure(
        EvaluationReader reader, EvaluatedModel model, ITokenizer tokenizer, IReadOnlyList<string> answers, PredictionOrder order, CancellationToken stop)
    {
        var special = model.Config.SpecialTokens;
        var ranking = new AnswerRanking(
            model.Encoder.Fusion.Decoder!, [.. answers.Select(answer => WordsOf(answer, tokenizer, model.Config))], special, model.Device);
        var (given, people, pictures) = (new List<string>(), new List<IReadOnlyList<string>>(), 0);
        foreach (var (_, batch) in reader.Batches(ImagesAtOnce, stop))
        {
            var count = batch.SampleIndices.Length;
            given.AddRange(Answer(batch, count, model, ranking).Select(answer => answers[answer]));
            people.AddRange(batch.QuestionAnswers);
            pictures += count;
        }

        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (given.Count > 0)
        {
            var judged = order.Of(given);
            metrics["vqaAccuracy"] = VqaAccuracy.Compute(judged, people);
            metrics["vqaAccuracyFirstAnswer"] = VqaAccuracy.Compute([.. Enumerable.Repeat(answers[0], given.Count)], people);
            foreach (var kind in people.Index().GroupBy(question => KindOf(question.Item), question => question.Index).OrderBy(
                kind => kind.Key, StringComparer.Ordinal))
            {
                metrics["vqaAccuracy" + kind.Key] = VqaAccuracy.Compute([.. kind.Select(i => judged[i])], [.. kind.Select(i => people[i])]);
            }

            metrics["pictures"] = pictures;
        }

        return (given.Count, metrics);
    }

    private static IEnumerable<int> Answer(LoadedBatch batch, int count, EvaluatedModel model, AnswerRanking ranking)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var images = model.ImageTokens(batch.Pixels, count);
        var length = batch.QuestionTokens.Length / batch.QuestionOwner.Length;
        var found = new List<int>();
        for (var first = 0; first < batch.QuestionOwner.Length; first += QuestionsAtOnce)
        {
            using var block = NewDisposeScope();
            var questions = Math.Min(QuestionsAtOnce, batch.QuestionOwner.Length - first);
            var memory = model.Remember(
                images, batch.QuestionOwner[first..(first + questions)], batch.QuestionTokens[(first * length)..((first + questions) * length)]);
            found.AddRange(ranking.Best(memory, questions).Select(best => best.Answer));
        }

        return found;
    }

    private static int[] WordsOf(string answer, ITokenizer tokenizer, ModelConfig model)
    {
        int[] words = [.. tokenizer.Encode(CaptionText.Clean(answer), model.ContextLength).Where(model.SpecialTokens.IsWord)];
        return words.Length > 0 ? words : throw new RunError($"data.answers: \"{answer}\" has no word of the vocabulary.");
    }

    /// <summary>As VQA sorts questions, by the answer that most people gave (of equally many the first).</summary>
    private static string KindOf(IReadOnlyList<string> people)
    {
        var most = people.Select(VqaAccuracy.Normalize).GroupBy(answer => answer, StringComparer.Ordinal).MaxBy(group => group.Count())!.Key;
        return most is "yes" or "no" ? "YesNo" : most.Length > 0 && most.All(char.IsAsciiDigit) ? "Number" : "Other";
    }
}
