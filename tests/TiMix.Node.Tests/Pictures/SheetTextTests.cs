using SkiaSharp;
using TiMix.Learning.Model;
using TiMix.Node.Pictures;

namespace TiMix.Node.Tests.Pictures;

/// <summary>Text of any alphabet on sheets.</summary>
public sealed class SheetTextTests
{
    [Theory]
    [InlineData("a dog", "a dog")]
    [InlineData("שלום עולם", "שלום עולם")]
    [InlineData("a dog שלום עולם a cat", "a dog |שלום עולם| a cat")]
    [InlineData("שלום dog!", "!|dog|שלום ")]
    [InlineData("שלום a dog כלב", " כלב|a dog|שלום ")]
    [InlineData("\"כלב\"", "\"כלב\"")]
    [InlineData("", "")]
    public void What_is_written_from_right_to_left_stands_from_right_to_left(string text, string runs) =>
        Assert.Equal(runs, string.Join('|', TextRuns.Of(text, _ => "font").Select(run => run.Text)));

    [Fact]
    public void A_part_of_another_font_keeps_its_place_in_either_direction()
    {
        string FontOf(int character) => character is 'x' or 'ל' ? "other" : "own";
        Assert.Equal(
            [("a", "own"), ("x", "other"), ("b ", "own"), ("ם", "own"), ("ל", "other"), ("ש", "own"), (" c", "own")], TextRuns.Of("axb שלם c", FontOf));
    }

    [Fact]
    public void Hebrew_is_drawn_with_its_first_letter_at_the_right()
    {
        using var text = new SheetText(20);
        var right = Pixels(canvas =>
        {
            text.Draw(canvas, "ב", 2, 30);
            text.Draw(canvas, "א", 2 + text.Width("ב"), 30);
        });
        Assert.Equal(right, Pixels(canvas => text.Draw(canvas, "אב", 2, 30)));
        Assert.NotEqual(right, Pixels(canvas => text.Draw(canvas, "בא", 2, 30)));
    }

    [Fact]
    public void Arabic_letters_are_joined()
    {
        // Kaf, lam and ba have narrower shapes within a word than alone.
        using var text = new SheetText(20);
        Assert.InRange(text.Width("كلب"), 1, 0.9 * "كلب".Sum(letter => text.Width(letter.ToString())));
    }

    [Theory]
    [InlineData("собака")]
    [InlineData("σκύλος")]
    [InlineData("שלום")]
    [InlineData("كلب")]
    [InlineData("ძაღლი")]
    public void Alphabets_have_letters_of_their_own_and_no_boxes(string word)
    {
        // A box for what a font lacks looks alike for every letter.
        using var text = new SheetText(20);
        var pictures = word.Distinct().Select(letter => Convert.ToHexString(Pixels(canvas => text.Draw(canvas, letter.ToString(), 2, 30)))).ToList();
        Assert.Equal(pictures.Count, pictures.Distinct().Count());
    }

    private static byte[] Pixels(Action<SKCanvas> draw)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(80, 40, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        draw(canvas);
        canvas.Flush();
        return bitmap.Bytes;
    }
}
