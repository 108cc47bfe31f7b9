/** Friendly words for names. Each list has short, plain, harmless words; every pair is a valid DNS label. */
export const ADJECTIVES = (
  'able airy amber ample apt azure balmy beaming bold brave breezy bright brisk bubbly calm candid careful caring cheerful chipper civil classy clear clever ' +
  'cobalt comfy cool coral cordial cosy crimson crisp curious dapper daring dazzling deft dewy eager early earnest easy elegant fair fancy fearless festive ' +
  'fluffy fond frank free fresh friendly gentle genial gifted giving glad gleaming golden good graceful grand grateful green handy happy hardy hearty helpful ' +
  'honest hopeful humble indigo ivory jade jaunty jolly jovial joyful keen kind lively loyal lucid lucky mellow merry mighty mild mindful mint misty modest ' +
  'neat nifty nimble noble patient peaceful peachy perky placid plucky plum poised polite prime proud quick quiet radiant rapid ready robust rosy royal ruby ' +
  'rustic sandy scarlet serene sharp shiny silent silver sincere sleek smart smiling smooth snappy snowy snug social soft solid spry stable starry steady ' +
  'sterling sturdy sunny sure sweet swift tall teal tender thankful tidy tranquil trusty upbeat valiant velvet vivid warm wavy whole willing windy wise witty young zesty'
).split(' ');

export const NOUNS = (
  'acorn alder alpaca anchor apple arbor aspen atlas aurora badger bamboo banjo bay beacon beaver beech bell birch bison blossom bluff breeze brook buffalo ' +
  'cabin canoe canyon cardinal castle cedar cherry cliff cloud clover comet cookie coral cove crane creek cricket crystal cypress daisy dawn deer delta dolphin ' +
  'dove dune eagle elk elm ember falcon fern ferry field finch fjord flute forest fountain fox garden gecko geyser glacier glade grove gull hamlet harbor hare ' +
  'harp hazel heron hickory hill horizon ibis iris island jasmine juniper kayak kestrel kite koala lagoon lake lantern larch lark laurel lemur lily linden ' +
  'llama lotus lynx magnolia mango maple marlin meadow melon meteor mill moon moose moss mountain nebula nest oak oasis ocean olive opal orbit orchard orchid ' +
  'osprey otter owl palm panda parrot peach pebble pelican penguin peony petal phoenix piano pine planet plaza pond poplar poppy prairie puffin quail quartz ' +
  'rabbit rain rainbow raven reef ridge river robin rose sail salmon seal sequoia shore sky sloop snow sparrow spring spruce star stork stream summit sun swan ' +
  'thistle tiger trail trout tulip tundra turtle valley violet walnut walrus wave whale willow wind wren yak zebra'
).split(' ');
